"""Runs the pods of emitted Deployments as processes of this machine, and puts them behind their Services."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from tests.bench.apiserver import free_ports
from tests.bench.bench import Bench
from tests.bench.cases import objects as read
from tests.bench.processes import Processes
from tests.generator.objects import Obj

from .scene import apply, slice_of


def run_emitted(server: Bench, manifests: str, folder: Path, processes: Processes) -> None:
    """Run one pod of each Deployment, on ports of its own, with files in a folder. The objects are applied already."""
    objects = read(manifests)
    for obj in objects:
        for name, text in obj["data"].items() if obj["kind"] == "ConfigMap" else ():
            (folder / name).write_text(text)
    ports: dict[str, int] = {}
    for obj in objects:
        if obj["kind"] == "Deployment":
            ports |= _run(obj, folder, server, processes)
    for obj in objects:
        if obj["kind"] == "Service":
            metadata, (port,) = obj["metadata"], obj["spec"]["ports"]
            number = ports[f"{metadata['name']}/{port['targetPort']}"]
            apply(server.kubectl, [slice_of(metadata["namespace"], metadata["name"], port["name"], number)])


def _run(deployment: Obj, folder: Path, server: Bench, processes: Processes) -> dict[str, int]:
    """Start the container of a Deployment; return its ports by the names of the Deployment and of the port."""
    name = deployment["metadata"]["name"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    (program,) = container["command"]
    declared = {port["containerPort"]: port["name"] for port in container["ports"]}
    chosen = dict(zip(declared, free_ports(len(declared), "0.0.0.0"), strict=True))
    words = [_moved(word, chosen).replace("=/catalog", f"={folder}") for word in container["args"]]
    env = {"KUBECONFIG": str(server.kubeconfig), "PATH": os.environ["PATH"]}
    processes.start(name, Path(sys.executable).parent / program, *words, env=env)
    return {f"{name}/{declared[port]}": number for port, number in chosen.items()}


def _moved(word: str, ports: dict[int, int]) -> str:
    """Return an argument with another port, if it sets one."""
    return re.sub(r"(?<=port=)\d+$", lambda found: str(ports[int(found[0])]), word)
