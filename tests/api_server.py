"""A small API server over HTTP that keeps objects in memory: lists, watches, server-side apply, deletion.

It knows no schemas, and field managers only where a test names a conflict.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from llmd_routes.kinds import EMITTED, KINDS, kind_read
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import group_of, kind_of
from llmd_routes.reading.discovery import top_of

Obj = dict[str, Any]
# Kinds that the controller writes and nothing reads or emits.
OTHERS = (
    ReadKind("coordination.k8s.io", ("v1",), "leases", "Lease"),
    ReadKind("", ("v1",), "events", "Event"),
)
Key = tuple[str, str, str]


@dataclass
class ApiServer:
    """The state of a server; tests change it while clients are connected.

    `missing` are resources (`plural.group`) that are not served; `refused` is the status of requests to a resource;
    `conflicts` are fields of objects, by kind and name, that another field manager has.
    """

    missing: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)
    conflicts: dict[tuple[str, str], str] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    url: str = ""
    breaks: int = 0
    forgotten: int = 0

    def __post_init__(self) -> None:
        self.version = 1
        self._objects: dict[Key, Obj] = {}
        self._events: list[tuple[int, str, Key, Obj]] = []
        self.changed = threading.Condition()

    def put(self, *objects: Obj) -> None:
        """Create or replace objects."""
        for obj in objects:
            key = key_of(obj)
            with self.changed:
                known = self._objects.get(key)
                self.version += 1
                uid = known["metadata"]["uid"] if known else f"uid-{self.version}"
                new = copy.deepcopy(obj)
                new["metadata"] |= {"uid": uid, "resourceVersion": str(self.version), "managedFields": []}
                self._objects[key] = new
                self._events.append((self.version, "MODIFIED" if known else "ADDED", key, new))
                self.changed.notify_all()

    def delete(self, kind: str, name: str, *, silent: bool = False) -> None:
        """Delete an object; silently, no watch reports it."""
        with self.changed:
            (key,) = [key for key, obj in self._objects.items() if (kind_of(obj), key[2]) == (kind, name)]
            gone = self._objects.pop(key)
            self.version += 1
            if not silent:
                self._events.append((self.version, "DELETED", key, gone))
            self.changed.notify_all()

    def end_watches(self, *, forget: bool = False) -> None:
        """End all watches; with `forget`, versions up to now are too old."""
        with self.changed:
            self.breaks += 1
            self.version += forget
            self.forgotten = self.version if forget else self.forgotten
            self.changed.notify_all()

    def names(self, kind: str) -> list[str]:
        """Return the names of the objects of a kind, sorted."""
        with self.changed:
            return sorted(key[2] for key, obj in self._objects.items() if kind_of(obj) == kind)

    def object(self, kind: str, name: str) -> Obj:
        """Return an object."""
        with self.changed:
            (found,) = [obj for key, obj in self._objects.items() if (kind_of(obj), key[2]) == (kind, name)]
            return copy.deepcopy(found)

    def named(self, kind: str, name: str) -> tuple[int, Obj]:
        found = name in self.names(kind)
        return (200, self.object(kind, name)) if found else (404, {"kind": "Status", "reason": "NotFound", "code": 404})

    def listed(self, resource: str, place: str, query: dict[str, str]) -> list[Obj]:
        name = query.get("fieldSelector", "").removeprefix("metadata.name=")
        label, _, value = query.get("labelSelector", "").partition("=")
        return [
            obj
            for key, obj in sorted(self._objects.items())
            if key[0] == resource
            and place in ("", key[1])
            and name in ("", key[2])
            and (not label or obj["metadata"].get("labels", {}).get(label) == value)
        ]

    def events(self, resource: str, place: str, since: int) -> list[tuple[int, str, Obj]]:
        return [
            (version, kind, obj)
            for version, kind, key, obj in self._events
            if version > since and key[0] == resource and place in ("", key[1])
        ]

    def kinds(self) -> list[ReadKind]:
        return [kind for kind in dict.fromkeys((*KINDS, *EMITTED, *OTHERS)) if kind.resource not in self.missing]

    def apply(self, obj: Obj) -> tuple[int, Obj]:
        field_name = self.conflicts.get((kind_of(obj), obj["metadata"]["name"]))
        if field_name:
            cause = {"reason": "FieldManagerConflict", "field": field_name, "message": 'conflict with "edit" using v1'}
            return 409, {"kind": "Status", "message": "conflict", "details": {"causes": [cause]}}
        self.put(obj)
        return 200, self._objects[key_of(obj)]


def key_of(obj: Obj) -> Key:
    kind = kind_read(obj) or next(k for k in (*EMITTED, *OTHERS) if (k.group, k.kind) == (group_of(obj), kind_of(obj)))
    return kind.resource, obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one piece: apart, each waits for the other side (40 ms).
    wbufsize = 65536
    api: ApiServer

    def do_GET(self) -> None:
        path, query, resource, place, kind = self._asked()
        if path == "/apis":
            self._answer(200, {"kind": "APIGroupList", "groups": list(self._groups())})
        elif resource in self.api.refused:
            status = self.api.refused[resource]
            self._answer(status, {"kind": "Status", "message": "not allowed", "code": status})
        elif kind is None:
            names = [k.plural for k in self.api.kinds() if path in {top_of(k.group, version) for version in k.versions}]
            listed = {"kind": "APIResourceList", "resources": [{"name": name} for name in names]}
            self._answer(200 if names else 404, listed if names else {"kind": "Status"})
        elif not path.endswith(f"/{kind.plural}"):
            self._answer(*self.api.named(kind.kind, path.rpartition("/")[2]))
        elif query.get("watch"):
            self._watch(resource, place, int(query["resourceVersion"]))
        else:
            with self.api.changed:
                found, version = self.api.listed(resource, place, query), str(self.api.version)
            api_version = path[len("/apis/") :] if path.startswith("/apis/") else "v1"
            api_version = "/".join(api_version.split("/")[:2])
            body = {"kind": f"{kind.kind}List", "apiVersion": api_version, "metadata": {"resourceVersion": version}}
            self._answer(200, {**body, "items": found})

    def do_PATCH(self) -> None:
        _, _, resource, _, _ = self._asked()
        obj = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        refused = self.api.refused.get(resource) if resource else 404
        self._answer(*((refused, {"message": "not allowed"}) if refused else self.api.apply(obj)))

    def do_POST(self) -> None:
        _, _, resource, namespace, kind = self._asked()
        obj = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert kind is not None
        obj |= {"kind": kind.kind, "apiVersion": f"{kind.group}/v1".lstrip("/")}
        obj["metadata"]["namespace"] = namespace
        exists = obj["metadata"]["name"] in self.api.names(kind.kind)
        self._write(resource, obj, 409 if exists else 201)

    def do_PUT(self) -> None:
        path, _, resource, _, kind = self._asked()
        obj = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        assert kind is not None
        with self.api.changed:
            current = self.api.object(kind.kind, path.rpartition("/")[2])["metadata"]["resourceVersion"]
            self._write(resource, obj, 200 if obj["metadata"]["resourceVersion"] == current else 409)

    def _write(self, resource: str, obj: Obj, status: int) -> None:
        status = self.api.refused.get(resource, status)
        if status < 400:
            self.api.put(obj)
        self._answer(status, obj if status < 400 else {"kind": "Status", "code": status, "reason": "no"})

    def do_DELETE(self) -> None:
        path, _, _, _, _ = self._asked()
        options = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = path.rpartition("/")[2]
        kind = next(k.kind for k in self.api.kinds() if k.plural == path.split("/")[-2])
        obj = self.api.object(kind, name)
        same = all(obj["metadata"][key] == value for key, value in options["preconditions"].items())
        if same:
            self.api.delete(kind, name)
        self._answer(200 if same else 409, {"kind": "Status", "message": "changed"})

    def _watch(self, resource: str, place: str, since: int) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        api = self.api
        self.wfile.flush()
        with api.changed:
            breaks = api.breaks
            if since < api.forgotten:
                self._event("ERROR", {"kind": "Status", "code": 410, "reason": "Expired", "message": "too old"})
            while since >= api.forgotten and api.breaks == breaks:
                for version, kind, obj in api.events(resource, place, since):
                    self._event(kind, obj)
                    since = version
                api.changed.wait(0.05)
        self._chunk(b"")
        self.close_connection = True

    def _event(self, kind: str, obj: Obj) -> None:
        self._chunk(json.dumps({"type": kind, "object": obj}).encode() + b"\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _groups(self) -> Iterator[Obj]:
        for kind in self.api.kinds():
            yield {"name": kind.group, "versions": [{"version": version} for version in kind.versions]}

    def _asked(self) -> tuple[str, dict[str, str], str, str, ReadKind | None]:
        """Return the path, the query, the resource, the namespace, and the kind; None if it is not a list."""
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        self.api.requests.append(f"{self.command} {asked.path}")
        for kind in self.api.kinds():
            for version in kind.versions:
                top = top_of(kind.group, version)
                rest = asked.path.removeprefix(f"{top}/").split("/")
                namespace = rest[1] if rest[0] == "namespaces" and len(rest) > 2 else ""
                plural = rest[2] if namespace else rest[0]
                if asked.path.startswith(f"{top}/") and plural == kind.plural:
                    return asked.path, query, kind.resource, namespace, kind
        return asked.path, query, "", "", None

    def _answer(self, status: int, body: Obj) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def api_server(**state: Any) -> Iterator[ApiServer]:
    """Serve on a free port of the loopback address until the block ends."""
    api = ApiServer(**state)

    class Handler(_Handler):
        pass

    Handler.api = api

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client has gone."""

    with Quiet(("127.0.0.1", 0), Handler) as listening:
        api.url = f"http://127.0.0.1:{listening.server_address[1]}"
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield api
        finally:
            api.end_watches()
            listening.shutdown()
            thread.join()
