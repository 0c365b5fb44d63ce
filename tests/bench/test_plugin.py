"""`kubectl llmd-routes`: kubectl finds the plug-in, passes its words on, and completes them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from llmd_routes import __version__

from .bench import Toolchain


def kubectl(toolchain: Toolchain, *words: str) -> subprocess.CompletedProcess[str]:
    # Where the scripts of this environment are; not resolved, because its Python is a link to another one.
    scripts = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{scripts}:{os.environ['PATH']}"}
    command = [str(toolchain.programs["kubectl"]), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_kubectl_runs_it(bench_toolchain: Toolchain) -> None:
    assert kubectl(bench_toolchain, "llmd-routes", "--version").stdout == f"llmd-routes {__version__}\n"
    assert kubectl(bench_toolchain, "llmd-routes", "discover", "-f", "no.yaml").returncode == 2


def test_kubectl_completes_it(bench_toolchain: Toolchain) -> None:
    done = kubectl(bench_toolchain, "__complete", "llmd-routes", "generate", "--pool-api", "v")
    assert done.stdout == "v1\nv1alpha2\n:4\n"
