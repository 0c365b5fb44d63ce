"""What a pod asks its first container to be: words, environment and files, as a kubelet would prepare them."""

from __future__ import annotations

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


def read_container(pod: Obj, address: str, api: Api, access: Access) -> Container:
    """Return the first container of a pod that is to run at an address.

    Raises ApiError if an object that it mounts does not exist (yet), BenchError if it cannot be prepared here.
    """
    spec = pod["spec"]["containers"][0]
    env = dict(_environment(spec, pod, address)) | _server(access)
    return Container(
        image=spec["image"],
        command=tuple(_expand(word, env) for word in spec.get("command", ())),
        args=tuple(_expand(word, env) for word in spec.get("args", ())),
        env=env,
        files=read_files(pod, api) | _account(pod, api, access.certificate),
    )


def read_files(pod: Obj, api: Api) -> dict[str, str]:
    """Return the texts that the first container of a pod mounts, by path. Raises as `read_container`."""
    return dict(_files(pod["spec"]["containers"][0], pod, api))


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
            if "configMap" not in source:
                raise BenchError(f"volume {mount['name']} is not of ConfigMaps, which is all that this stand-in mounts")
            place = f"/api/v1/namespaces/{namespace}/configmaps/{source['configMap']['name']}"
            for key, text in api.request("GET", place).get("data", {}).items():
                yield f"{mount['mountPath']}/{key}", text


def _account(pod: Obj, api: Api, certificate: Path) -> dict[str, str]:
    if pod["spec"].get("automountServiceAccountToken") is False:
        return {}
    namespace = pod["metadata"]["namespace"]
    name = pod["spec"].get("serviceAccountName", "default")
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token"
    token = api.request("POST", path, {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}})
    files = {"token": token["status"]["token"], "ca.crt": certificate.read_text(), "namespace": namespace}
    return {f"{_SECRETS}/{file}": text for file, text in files.items()}
