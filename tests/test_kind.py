"""What of `make kind` can be proven without Docker: what it applies, and what it says where Docker is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

from tests.bench.scene.engine import read_command
from tests.kind.__main__ import scene

SCRIPT = Path(__file__).parent / "kind" / "run.sh"


def test_it_says_what_is_missing(tmp_path: Path) -> None:
    for program in ("bash", "dirname", "env"):
        (tmp_path / program).symlink_to(shutil.which(program) or "")
    done = subprocess.run([SCRIPT], env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: docker is not installed; make scene needs no Docker\n"


def test_the_gateway_is_left_to_istiod(tmp_path: Path) -> None:
    """What is printed is routed like any other input."""
    file = tmp_path / "scene.yaml"
    file.write_text(scene())
    kinds = [obj["kind"] for obj in YAML(typ="safe", pure=True).load_all(scene())]
    assert sorted(kinds) == ["Deployment", "Deployment", "Gateway", "Namespace"]
    words = [sys.executable, "-m", "llmd_routes", "generate", "-f", str(file), "--epp", "deploy"]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, env={**os.environ, "KUBECONFIG": os.devnull}
    )
    assert done.returncode == 0, done.stderr


def test_engines_are_started_with_their_own_commands() -> None:
    vllm = read_command("vllm", ["vllm", "serve", "org/m", "--port", "8001", "--served-model-name", "a", "b"])
    assert (vllm.models, vllm.root, vllm.port) == (("a", "b"), "org/m", 8001)
    sglang = read_command("sglang", ["--model-path", "org/m", "--host", "0.0.0.0"])
    assert (sglang.models, sglang.port) == (("org/m",), 30000)
