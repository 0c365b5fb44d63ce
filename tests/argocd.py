"""Runs the commands of the Argo CD plugin as its sidecar does: in the source, with its variables, within 60 seconds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML

PLUGIN = Path(__file__).parent.parent / "manifests" / "argocd" / "plugin.yaml"
PROGRAM = Path(sys.executable).with_name("llmd-routes")


def plugin() -> dict[str, Any]:
    """Return what the plugin is."""
    found: dict[str, Any] = YAML(typ="safe").load(PLUGIN.read_text(encoding="utf-8"))
    return found


def ran(
    what: Literal["discover", "generate"], source: Path, *programs: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run `discover` or `generate` on a source, with further programs on PATH; no variable but the sidecar's is set."""
    part = plugin()["spec"][what]
    folders = [PROGRAM.parent, *(program.parent for program in programs)]
    path = os.pathsep.join([*map(str, folders), os.defpath])
    environment = {"PATH": path, "ARGOCD_APP_NAME": "routes", "KUBE_VERSION": "1.36.0", **variables}
    command = [*part["command"], *part.get("args", [])]
    return subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False, timeout=60)
