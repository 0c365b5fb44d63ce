"""API servers that answer in part or never end: nothing incomplete is printed as if it were complete."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.generator.reading.test_cluster import Fake, list_of
from tests.generator.reading.test_connection import Reply, answered, kubeconfig, replying, server
from tests.golden import run

OBJECTS = Path(__file__).parents[1] / "data" / "two-engines" / "objects.yaml"
PATHS = {"Deployment": "/apis/apps/v1/deployments", "Service": "/api/v1/services"} | {
    "Gateway": "/apis/gateway.networking.k8s.io/v1/gateways"
}
DEPLOYMENTS = PATHS["Deployment"]
Answer = Callable[[str, Reply], Reply]


def sound() -> Fake:
    """Return a server with two ModelServices, which gives one object on a page."""
    lists: dict[str, list[Any]] = {}
    for obj in YAML(typ="safe").load_all(OBJECTS):
        lists.setdefault(PATHS[obj["kind"]], []).append(obj)
    return Fake(lists, page=1)


def at(path: str, reply: Reply) -> Answer:
    """Return what answers for one path, and for no page behind the first, otherwise."""
    return lambda asked, normal: reply if asked.partition("?")[0] == path and "continue" not in asked else normal


def behind(path: str, reply: Reply) -> Answer:
    """Return what answers otherwise for the second page of a list."""
    return lambda asked, normal: reply if asked.partition("?")[0] == path and "continue" in asked else normal


def changed(path: str, change: Callable[[Any], Any]) -> Answer:
    """Return what changes the body of the answers for a path."""

    def answer(asked: str, normal: Reply) -> Reply:
        if asked.partition("?")[0] != path:
            return normal
        return replying(change(json.loads(normal[2])))

    return answer


def without(member: str, name: str) -> Callable[[Any], Any]:
    return lambda body: {**body, member: [each for each in body[member] if each["name"] != name]}


def every(number: int, reply: Reply) -> Answer:
    """Return what answers otherwise now and then, as one of several servers would."""
    counts = iter(range(1, 100_000))
    return lambda asked, normal: reply if next(counts) % number == 0 else normal


STATUS = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 500}
NOT_FOUND = replying(b"404 page not found", 404)
OTHER = {"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": []}
LISTED = {**list_of(DEPLOYMENTS), "metadata": {}}
DEEP = b'{"kind":"DeploymentList","apiVersion":"apps/v1","items":[' + b'{"a":' * 200_000 + b"1" + b"}" * 200_000 + b"]}"
FAULTS: dict[str, Answer] = {
    "list: 404": at(DEPLOYMENTS, NOT_FOUND),
    "list: 404 with a Status": at(DEPLOYMENTS, replying({**STATUS, "code": 404}, 404)),
    "list: an empty object": at(DEPLOYMENTS, replying({})),
    "list: a Status": at(DEPLOYMENTS, replying(STATUS)),
    "list: items are null": at(DEPLOYMENTS, replying({**LISTED, "items": None})),
    "list: no items": at(DEPLOYMENTS, replying(LISTED)),
    "list: items are an object": at(DEPLOYMENTS, replying({**LISTED, "items": {}})),
    "list: another kind": at(DEPLOYMENTS, replying(OTHER)),
    "list: another version": at(DEPLOYMENTS, replying({**LISTED, "apiVersion": "apps/v2", "items": []})),
    "list: an item is text": at(DEPLOYMENTS, replying({**LISTED, "items": ["a"]})),
    "list: an item has no name": at(DEPLOYMENTS, replying({**LISTED, "items": [{"metadata": {}}]})),
    "list: 200,000 levels": at(DEPLOYMENTS, replying(DEEP)),
    "list: it never ends": at(DEPLOYMENTS, replying({**LISTED, "metadata": {"continue": "a"}, "items": []})),
    "page 2: 404": behind(DEPLOYMENTS, NOT_FOUND),
    "page 2: an empty object": behind(DEPLOYMENTS, replying({})),
    "page 2: a Status": behind(DEPLOYMENTS, replying(STATUS)),
    "page 2: the same again": behind(
        DEPLOYMENTS, replying({**LISTED, "metadata": {"continue": "1"}, "items": [{"metadata": {"name": "a"}}]})
    ),
    "discovery: 403": at("/apis/apps/v1", replying({**STATUS, "code": 403}, 403)),
    "discovery: 404": at("/apis/apps/v1", NOT_FOUND),
    "discovery: no kind": at("/apis/apps/v1", replying({"resources": [{"name": "deployments"}]})),
    "discovery: no resources": at("/apis/apps/v1", replying({"kind": "APIResourceList"})),
    "discovery: a built-in kind is missing": changed("/apis/apps/v1", without("resources", "statefulsets")),
    "discovery: core is missing": at("/api/v1", NOT_FOUND),
    "groups: 404": at("/apis", NOT_FOUND),
    "groups: 403": at("/apis", replying({**STATUS, "code": 403}, 403)),
    "groups: an empty object": at("/apis", replying({})),
    "groups: apps is missing": changed("/apis", without("groups", "apps")),
    **{f"now and then: 404, every {n}th": every(n, NOT_FOUND) for n in (2, 3, 5, 7)},
    **{f"now and then: an empty object, every {n}th": every(n, replying({})) for n in (2, 3, 5, 7)},
}


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda url: monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "kubeconfig", url)))


def test_a_sound_server_gives_routes_for_both(use: Callable[[str], None]) -> None:
    fake = sound()
    with server(lambda path: answered(fake, path)) as url:
        use(url)
        done = run("generate", "-A")
    assert done.code == 0 and "1 HTTPRoute, 2 InferencePools" in done.stderr


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", ["generate", "discover", "explain http://x/v1/models"])
def test_an_incomplete_answer_is_an_error(use: Callable[[str], None], command: str, fault: str) -> None:
    fake = sound()
    with server(lambda path: FAULTS[fault](path, answered(fake, path))) as url:
        use(url)
        done = run(*command.split(), "-A")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: cluster {url}: "), done.stderr
    assert done.stderr.count("\nerror: ") == 0


def test_groups_that_change_meanwhile_are_an_error(use: Callable[[str], None]) -> None:
    """One of two servers behind an address has other kinds; what was read of both fits together by chance only."""
    fake = sound()
    groups = iter([True, False])
    gateways = without("groups", "gateway.networking.k8s.io")

    def answer(path: str) -> Reply:
        normal = answered(fake, path)
        return normal if path != "/apis" or next(groups) else replying(gateways(json.loads(normal[2])))

    with server(answer) as url:
        use(url)
        done = run("generate", "-A")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == f"error: cluster {url}: its API groups changed while they were read\n  fix: try again\n"


BUSY = replying({}, 429, Retry_After="3600")


@contextmanager
def busy() -> Iterator[str]:
    """Serve that an answer comes in an hour."""
    with server(lambda path: BUSY) as url:
        yield url


@pytest.mark.parametrize("slow", ["busy", "dripping"])
def test_the_timeout_is_the_whole_time_of_an_answer(slow: str, tmp_path: Path) -> None:
    with (busy if slow == "busy" else dripping)() as url, started(tmp_path, url, "500ms") as process:
        stdout, stderr = process.communicate(timeout=60)
    assert (process.returncode, stdout) == (2, b"")
    fact = "no answer for /apis within 0.5 s\n  fix: check the cluster, or raise --request-timeout"
    assert stderr.decode() == f"error: cluster {url}: {fact}\n"


@contextmanager
def dripping(connected: threading.Event | None = None) -> Iterator[str]:
    """Serve an answer of which a byte comes every tenth of a second, without an end; tells when it is asked."""
    stop = threading.Event()

    def drip() -> None:
        while not stop.is_set():
            with suppress(OSError), listening.accept()[0] as one:
                if connected is not None:
                    connected.set()
                one.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
                while not stop.wait(0.1):
                    one.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            stop.set()
            thread.join()


@contextmanager
def started(folder: Path, url: str, timeout: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `generate` in a process of its own."""
    environment = {**os.environ, "KUBECONFIG": str(kubeconfig(folder / "kubeconfig", url))}
    words = [sys.executable, "-m", "llmd_routes", "generate", "-A", "--request-timeout", timeout]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_an_interrupt_ends_while_the_server_hangs(tmp_path: Path) -> None:
    connected = threading.Event()
    with dripping(connected) as url, started(tmp_path, url, "0") as process:
        assert connected.wait(60)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (130, b"")


PLUGINS = {
    "fails": ("exit 1", "process returned 1"),
    "prints nothing": ("true", "failed to decode process output"),
    "gives no token": (
        """echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{}}'""",
        "missing token",
    ),
}


@pytest.mark.parametrize("name", PLUGINS)
def test_a_credential_plugin_that_fails_is_an_error(name: str, use: Callable[[str], None], tmp_path: Path) -> None:
    """Without a token the server would show what everybody may see."""
    script, reason = PLUGINS[name]
    asked: list[str] = []
    fake = sound()

    def answer(path: str) -> Reply:
        asked.append(path)
        return answered(fake, path)

    with server(answer) as url:
        use(url)
        path = tmp_path / "kubeconfig"
        config = json.loads(path.read_text())
        command = {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", script]}
        config["users"][0]["user"] = {"exec": {**command, "interactiveMode": "Never"}}
        path.write_text(json.dumps(config))
        done = run("generate", "-A")
    assert (done.code, done.stdout, asked) == (2, "", [])
    assert done.stderr.startswith("error: kubeconfig: cannot obtain the credentials: exec: ")
    assert reason in done.stderr and done.stderr.count("\nerror: ") == 0
