"""What `llmd-routes diff` shows after the objects of the former version were applied: what the changelog names.

Both versions get the same examples. `tests/release/former.txt` has the commit of the former version, which
`make release-begin` writes.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.release import former
from tests.release.changelog import read_changed_kinds
from tests.release.distributions import extract, link_packages

from .bench import Bench
from .cases import Case, ensure_namespaces, in_process, makes_alpha_pools, objects, own_cases
from .test_generate import crd_file

ROOT = Path(__file__).resolve().parents[2]
NAMED = read_changed_kinds((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
COMPARED = re.compile(r"^diff -u -N LIVE/(?:\S*\.)?v\w+\.(?P<kind>[A-Z]\w+)\.", re.MULTILINE)


def words(case: Case, bench: Bench) -> list[str]:
    """Return the options of a case, with a set of routes of its own."""
    return ["-f", str(case.file), "-f", crd_file(bench), *case.options, "--instance", f"upgrade-{case.name}"]


@pytest.fixture(scope="module")
def formerly(bench_newest: Bench, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the former version generates for each case; empty if it cannot."""
    folder = tmp_path_factory.mktemp("former")
    commit = Path(former.__file__).with_suffix(".txt").read_text(encoding="utf-8").strip()
    extract(ROOT, commit, folder / "tree")
    link_packages(folder / "tree", folder)
    given = json.dumps({case.name: words(case, bench_newest) for case in own_cases()})
    variables = os.environ | {"PYTHONPATH": str(folder), "KUBECONFIG": os.devnull}
    program = [sys.executable, former.__file__]
    done = subprocess.run(program, input=given, env=variables, cwd=folder, capture_output=True, text=True, check=True)
    outputs: dict[str, str] = json.loads(done.stdout)
    return outputs


@pytest.fixture(scope="module")
def differences(bench_newest: Bench, formerly: dict[str, str]) -> dict[str, str]:
    """What `diff` prints for each case after the output of the former version was applied."""
    cases = [case for case in own_cases() if is_upgraded(case, bench_newest, formerly[case.name])]
    return {case.name: upgrade(case, bench_newest, formerly[case.name]) for case in cases}


def is_upgraded(case: Case, bench: Bench, before: str) -> bool:
    """Return whether the former version reads a case, and the API server knows its kinds."""
    return bool(before) and (bench.has_pool_v1alpha2 or not makes_alpha_pools(case))


def upgrade(case: Case, bench: Bench, before: str) -> str:
    """Apply the output of the former version, and return what `diff` prints."""
    ensure_namespaces(bench, objects(before))
    bench.kubectl.must("apply", "-f", "-", stdin=before)
    try:
        done = in_process("diff", *words(case, bench), bench=bench)
        assert done.returncode == bool(kinds_of(done.stdout)), (case.name, done.stderr)
        return done.stdout
    finally:
        bench.kubectl.must("delete", "--ignore-not-found", "-f", "-", stdin=before)


def kinds_of(difference: str) -> set[str]:
    return {match["kind"] for match in COMPARED.finditer(difference)}


def test_most_examples_are_compared(differences: dict[str, str]) -> None:
    assert len(differences) >= len(own_cases()) / 2, "the former version cannot read the examples"


def test_what_changes_is_named(differences: dict[str, str]) -> None:
    unnamed = {name: kinds_of(text) - NAMED for name, text in differences.items() if kinds_of(text) - NAMED}
    texts = "\n".join(differences[name] for name in unnamed)
    assert not unnamed, f"name them in CHANGELOG.md, Changes in a cluster: {unnamed}\n{texts}"


def test_what_is_named_changes(differences: dict[str, str]) -> None:
    assert set().union(*map(kinds_of, differences.values())) == NAMED
