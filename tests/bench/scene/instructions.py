"""What a person needs to use a scene from any shell: a kubeconfig, programs on PATH, and example calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from .gateway import CHAT, MODEL

_ASK = "curl -sS --retry 5 --retry-all-errors --fail -H 'Content-Type: application/json'"
_MESSAGES = '"messages": [{"role": "user", "content": "Hi"}]'
_ROUTES = """
# Nothing answers yet:
curl -sS -i $GATEWAY/v1/models

# Pools and routes for the two engines; the endpoint pickers, which wait for their pools, become ready:
llmd-routes generate -n {namespace} | kubectl apply -f -
kubectl wait -n {namespace} deployment --all --for=condition=Available
"""
_FRONT_DOOR = """
# The stand-alone routers:
llmd-routes discover -n {namespace} -o wide

# An Envoy in front of both:
llmd-routes generate -n {namespace} --implementation envoy | kubectl apply -f -
kubectl wait -n {namespace} deployment --all --for=condition=Available
"""
_CONTROLLER = """
# Nothing answers yet:
curl -sS -i $GATEWAY/v1/models

# A controller, which makes the pools and routes, and changes them when engines change:
llmd-routes generate -n {namespace} --controller registry.example.com/llmd-routes:v1 | kubectl apply -f -
kubectl wait -n {namespace} deployment --all --for=condition=Available
"""
_CALLS = """
# The engine is named in the body, in a header or in the query; the first call may come a second too early:
{ask} $GATEWAY{chat} -d '{{"model": "{model}", "owned_by": "vllm", {messages}}}'
{ask} $GATEWAY{chat} -d '{{"model": "{model}", "owned_by": "sglang", {messages}}}'
{ask} $GATEWAY{chat} -H 'x-owned-by: sglang' -d '{{"model": "{model}", {messages}}}'
{ask} "$GATEWAY{chat}?owned_by=sglang" -d '{{"model": "{model}", {messages}}}'

# What is served, and what a request is told that nobody serves:
curl -sS $GATEWAY/v1/models
curl -sS $GATEWAY{chat} -H 'Content-Type: application/json' -d '{{"model": "qwen2.5", {messages}}}'
"""
# What comes before the calls, by the kind of scene.
_FIRST = {"two-engines": _ROUTES, "standalone": _FRONT_DOOR, "controller": _CONTROLLER}


def write_access(folder: Path, kubeconfig: Path, links: Mapping[str, Path], port: int) -> None:
    """Write `kubeconfig` for a port of 127.0.0.1 into a folder, and links to programs, by name, into its `bin`.

    `kubeconfig` is that of the network that the relays lead to; the name in the certificate is the server's own.
    """
    config = json.loads(kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    cluster |= {"server": f"https://127.0.0.1:{port}", "tls-server-name": "kubernetes.default.svc"}
    (folder / "kubeconfig").write_text(json.dumps(config, indent=2))
    (folder / "bin").mkdir()
    for name, program in links.items():
        (folder / "bin" / name).symlink_to(program)


def instructions(folder: Path, namespace: str, gateway: str, kind: str) -> str:
    """Return the lines to paste into a shell for a kind of scene; `gateway` is HOST:PORT, where one answers or will."""
    lines = [
        f"export KUBECONFIG={folder / 'kubeconfig'}",
        f"export PATH={folder / 'bin'}:{Path(sys.executable).parent}:$PATH",
        f"export GATEWAY=http://{gateway}",
    ]
    if kind in _FIRST:
        values = {"namespace": namespace, "chat": CHAT, "model": MODEL, "ask": _ASK, "messages": _MESSAGES}
        lines += [text.format(**values).rstrip() for text in (_FIRST[kind], _CALLS)]
    return "\n".join(lines)
