"""What a person needs to use a scene from any shell: a kubeconfig, programs on PATH, and example calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from .gateway import CHAT, MODEL

_ASK = "curl -sS --retry 5 --retry-all-errors --fail -H 'Content-Type: application/json'"
_MESSAGES = '"messages": [{"role": "user", "content": "Hi"}]'
_EXAMPLES = """
# Nothing answers yet:
curl -sS -i http://{gateway}/v1/models

# Pools and routes for the two engines; the endpoint pickers, which wait for their pools, become ready:
llmd-routes generate -n {namespace} | kubectl apply -f -
kubectl wait -n {namespace} deployment --all --for=condition=Available

# The engine is named in the body, in a header or in the query; the first call may come a second too early:
{ask} http://{gateway}{chat} -d '{{"model": "{model}", "owned_by": "vllm", {messages}}}'
{ask} http://{gateway}{chat} -d '{{"model": "{model}", "owned_by": "sglang", {messages}}}'
{ask} http://{gateway}{chat} -H 'x-owned-by: sglang' -d '{{"model": "{model}", {messages}}}'
{ask} 'http://{gateway}{chat}?owned_by=sglang' -d '{{"model": "{model}", {messages}}}'

# What is served, and what a request is told that nobody serves:
curl -sS http://{gateway}/v1/models
curl -sS http://{gateway}{chat} -H 'Content-Type: application/json' -d '{{"model": "qwen2.5", {messages}}}'
"""


def write_access(folder: Path, kubeconfig: Path, programs: Mapping[str, Path], port: int) -> None:
    """Write `kubeconfig` for a port of 127.0.0.1 into a folder, and links to programs into its `bin`.

    `kubeconfig` is that of the network that the relays lead to; the name in the certificate is the server's own.
    """
    config = json.loads(kubeconfig.read_text())
    cluster = config["clusters"][0]["cluster"]
    cluster |= {"server": f"https://127.0.0.1:{port}", "tls-server-name": "kubernetes.default.svc"}
    (folder / "kubeconfig").write_text(json.dumps(config, indent=2))
    (folder / "bin").mkdir()
    for name in ("kubectl", "helm"):
        (folder / "bin" / name).symlink_to(programs[name])


def instructions(folder: Path, namespace: str, gateway: str | None) -> str:
    """Return the lines to paste into a shell; `gateway` is HOST:PORT, None without one."""
    lines = [
        f"export KUBECONFIG={folder / 'kubeconfig'}",
        f"export PATH={folder / 'bin'}:{Path(sys.executable).parent}:$PATH",
    ]
    if gateway:
        values = {"gateway": gateway, "namespace": namespace, "chat": CHAT, "model": MODEL}
        lines.append(_EXAMPLES.format(ask=_ASK, messages=_MESSAGES, **values).rstrip())
    return "\n".join(lines)
