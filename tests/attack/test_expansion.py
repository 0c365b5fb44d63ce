"""Small manifests that would grow: what a manifest costs is bounded by how long it is.

The program runs with little memory and in bounded time; a traceback or a kill is a failure.
"""

from __future__ import annotations

import itertools
import json
import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

MIB = 1024**2
# Of address space; the program alone takes a third of it.
MEMORY = 768 * MIB
SECONDS = 100
DOUBLED = "A=xxxxxxxxxx;" + "A=$A$A;" * 60
NAMES = [f"A{number}" for number in range(60)]


def workload(command: Sequence[str], **container: Any) -> str:
    """Return a Deployment whose container runs a command, as JSON."""
    labels = {"app": "a", "llm-d.ai/inference-serving": "true"}
    one = {"name": "vllm", "image": "vllm/vllm-openai:v0.11.0", "command": list(command), **container}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [one]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    return json.dumps(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "n"}, "spec": spec}
    )


def script(text: str, *arguments: str, **container: Any) -> str:
    return workload(["sh", "-c", text, *arguments], **container)


def chain(*more: str) -> list[dict[str, str]]:
    """Return variables of which each holds the one before twice."""
    grown = [{"name": name, "value": f"$({before})$({before})"} for before, name in itertools.pairwise(NAMES)]
    return [{"name": NAMES[0], "value": "x" * 10}, *grown, *({"name": name, "value": "v"} for name in more)]


LONG = "x" * 60_000
MANIFESTS = {
    "variables of a shell": script(f"{DOUBLED} vllm serve m --served-model-name $A"),
    "variables that are added to": script("A=xxxxxxxxxx;" + 'A+="$A$A";' * 60 + "vllm serve m"),
    "arrays of a shell": script("A=(x x);" + 'A=("${A[@]}" "${A[@]}");' * 60 + 'vllm serve "${A[@]}"'),
    "arguments of a script": script("vllm serve " + '"$@" ' * 5_000, "sh", *(["x" * 1000] * 100)),
    "one long variable often": script(f"A={LONG}; vllm serve " + "$A" * 20_000),
    "one long variable in words": script(f"A={LONG}; vllm serve " + "$A " * 20_000),
    "defaults in defaults": script("vllm serve " + "${A:-" * 8_000 + "x" + "}" * 8_000),
    "quoted defaults in defaults": script("vllm serve " + '"${A:-' * 8_000 + "x" + '}"' * 8_000),
    "shells in shells": script(f"A={LONG};" + "sh -c 'vllm serve $A$A$A$A';" * 1_500),
    "eval": script(f'A="{DOUBLED}"; eval eval eval eval "$A; vllm serve $A"'),
    "quotes that do not end": script("vllm serve " + "'\"" * 90_000),
    "substitutions that do not end": script("vllm serve " + "$(" * 90_000),
    "variables of a container": workload(["vllm", "serve", f"$({NAMES[-1]})"], env=chain()),
    "one variable in all arguments": workload(
        ["vllm", "serve", *["$(A)" * 100] * 2_000], env=[{"name": "A", "value": LONG}]
    ),
    "many variables": workload(["vllm", "serve", "m"], env=chain(*(f"B{number}" for number in range(5_000)))),
    "a long name": workload(["vllm", "serve", "x" * 2_000_000]),
    "a long number": workload(["vllm", "serve", "m", "--port", "9" * 100_000]),
    "a long rank": workload(["vllm", "serve", "m", "--data-parallel-size", "9" * 100_000]),
    "a long release": workload(["vllm", "serve", "m"], image=f"vllm/vllm-openai:v{'9' * 10_000}.{'9' * 10_000}.0"),
    "invalid YAML": "a: b\n" * 200_000 + "c: [\n",
    "invalid documents": "apiVersion: v1\nkind: [\n---\n" * 50_000,
    "documents": "---\n" * 100_000,
    "small documents": "apiVersion: v1\nkind: X\n---\n" * 20_000,
    "aliases": "a: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
        for before, after in zip("abcdefgh", "bcdefghi", strict=True)
    ),
    "levels": "[" * 100_000 + "]" * 100_000,
    "levels of JSON": '{"a":' * 100_000 + "1" + "}" * 100_000,
}


def run(path: Path, command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "llmd_routes", command, "-f", str(path)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )


@pytest.mark.parametrize("name", MANIFESTS)
def test_it_ends_with_little_memory(name: str, tmp_path: Path) -> None:
    path = tmp_path / "manifests.yaml"
    path.write_text(MANIFESTS[name], encoding="utf-8")
    done = run(path, "discover")
    assert done.returncode in (0, 1, 2), done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    # What is said of a long thing is short.
    assert len(done.stderr) < 50_000 and max(map(len, done.stderr.splitlines()), default=0) < 10_000
    assert max(map(len, done.stdout.splitlines()), default=0) < 10_000


def test_a_short_chain_is_expanded(tmp_path: Path) -> None:
    """What a person writes stays far below the limits."""
    path = tmp_path / "manifests.yaml"
    path.write_text(script("M=org/$N; vllm serve ${M:-x}", env=[{"name": "N", "value": "m"}]), encoding="utf-8")
    assert "org/m" in run(path, "discover").stdout
