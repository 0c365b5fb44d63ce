"""What a pod asks its containers to be: words, environment and files, as a kubelet would prepare them."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.api import Access, Api
from tests.bench.errors import BenchError

Obj = dict[str, Any]
_SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount"


@dataclass(frozen=True)
class Container:
    """One container: the words of its command and arguments, its environment, and its files by their path."""

    image: str
    command: tuple[str, ...]
    args: tuple[str, ...]
    env: dict[str, str]
    files: dict[str, str]


def read_container(pod: Obj, spec: Obj, address: str, api: Api, access: Access) -> Container:
    """Return a container of a pod, by its part of the pod's spec, that is to run at an address.

    Raises ApiError if an object that it mounts does not exist (yet), BenchError if it cannot be prepared here.
    """
    env = dict(_environment(spec, pod, address)) | _server(access)
    return Container(
        image=spec["image"],
        command=tuple(_expand(word, env) for word in spec.get("command", ())),
        args=tuple(_expand(word, env) for word in spec.get("args", ())),
        env=env,
        files=read_files(pod, spec, api) | _account(pod, api, access.certificate),
    )


def read_files(pod: Obj, spec: Obj, api: Api) -> dict[str, str]:
    """Return the texts that a container of a pod mounts, by path. Raises as `read_container`."""
    return dict(_files(spec, pod, api))


def write_files(root: Path, files: Mapping[str, str]) -> None:
    """Write texts by their path below a folder, each at once, and only those that changed."""
    for path, text in files.items():
        file = root / path.lstrip("/")
        if file.exists() and file.read_text() == text:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        new = file.with_name(f".{file.name}.new")
        new.write_text(text)
        new.rename(file)


def _environment(spec: Obj, pod: Obj, address: str) -> Iterator[tuple[str, str]]:
    fields = {
        "metadata.name": pod["metadata"]["name"],
        "metadata.namespace": pod["metadata"]["namespace"],
        "status.podIP": address,
    }
    for name, value in pod["metadata"].get("annotations", {}).items():
        fields[f"metadata.annotations['{name}']"] = value
    for entry in spec.get("env", ()):
        source = entry.get("valueFrom", {}).get("fieldRef")
        yield entry["name"], fields[source["fieldPath"]] if source else entry.get("value", "")


def _server(access: Access) -> dict[str, str]:
    host, port = access.server.removeprefix("https://").split(":")
    return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}


def _expand(word: str, env: dict[str, str]) -> str:
    # A name that is not defined stays as it is written.
    return re.sub(r"\$\((\w+)\)", lambda found: env.get(found[1], found[0]), word)


def _files(spec: Obj, pod: Obj, api: Api) -> Iterator[tuple[str, str]]:
    volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", ())}
    namespace = pod["metadata"]["namespace"]
    for mount in spec.get("volumeMounts", ()):
        volume = volumes[mount["name"]]
        sources = volume["projected"]["sources"] if "projected" in volume else [volume]
        for source in sources:
            for name, text in _texts(mount["name"], source, namespace, api):
                yield f"{mount['mountPath']}/{name}", text


def _texts(volume: str, source: Obj, namespace: str, api: Api) -> Iterator[tuple[str, str]]:
    """Yield the files of a ConfigMap or Secret by name: all of it, or the keys that are asked for."""
    for kind in ("configMap", "secret"):
        if kind in source:
            said = source[kind]
            name = said.get("name") or said["secretName"]
            data = api.request("GET", f"/api/v1/namespaces/{namespace}/{kind.lower()}s/{name}").get("data", {})
            for item in said.get("items") or [{"key": key, "path": key} for key in data]:
                text = data[item["key"]]
                yield item["path"], base64.b64decode(text).decode() if kind == "secret" else text
            return
    raise BenchError(f"volume {volume} is of neither ConfigMaps nor Secrets, which is all that this stand-in mounts")


def _account(pod: Obj, api: Api, certificate: Path) -> dict[str, str]:
    if pod["spec"].get("automountServiceAccountToken") is False:
        return {}
    namespace = pod["metadata"]["namespace"]
    name = pod["spec"].get("serviceAccountName", "default")
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
    token = api.request("POST", path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
    files = {"token": token["status"]["token"], "ca.crt": certificate.read_text(), "namespace": namespace}
    return {f"{_SECRETS}/{file}": text for file, text in files.items()}
