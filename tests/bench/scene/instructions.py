"""What a person needs to use a scene from any shell: a kubeconfig, programs on PATH, and example calls."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from .gateway import CHAT, MODEL

_EXAMPLES = """
# Nothing answers yet:
curl -sS -i http://{gateway}/v1/models

# Pools and routes for the two engines; the endpoint pickers, which wait for their pools, become ready:
llmd-routes generate -n {namespace} | kubectl apply -f -
kubectl wait -n {namespace} deployment --all --for=condition=Available

# A call to each; the first may come a second too early:
curl -sS --retry 5 --retry-all-errors --fail http://{gateway}{chat} \\
  -H 'x-gateway-model-name: {model}' -H 'x-owned-by: vllm' -H 'Content-Type: application/json' \\
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hi"}}]}}'
curl -sS --retry 5 --retry-all-errors --fail http://{gateway}{chat} \\
  -H 'x-gateway-model-name: {model}' -H 'x-owned-by: sglang' -H 'Content-Type: application/json' \\
  -d '{{"model": "{model}", "messages": [{{"role": "user", "content": "Hi"}}]}}'
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
        lines.append(_EXAMPLES.format(gateway=gateway, namespace=namespace, chat=CHAT, model=MODEL).rstrip())
    return "\n".join(lines)
