"""Commands that messages name: they read the same input as the run that printed them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from llmd_routes.notices import LABEL
from llmd_routes.problems import Problem
from llmd_routes.reading.invocation import command, with_commands
from llmd_routes.reading.request import Input

CLUSTER = Input((), False, (), False, None, None, (), None, False)
FILES = replace(CLUSTER, files=("a b.yaml",))


def test_a_cluster_is_read_in_the_namespaces_of_the_objects() -> None:
    assert command("generate", CLUSTER, ["ns"]) == "llmd-routes generate -n ns"
    assert command("generate", replace(CLUSTER, context="it's"), ["ns"]).endswith("""-n ns --context 'it'"'"'s'""")


def test_options_of_the_input_are_kept() -> None:
    assert command("label", replace(CLUSTER, namespaces=("a", "b")), ["c"]) == "llmd-routes label -n a -n b"
    assert command("label", replace(CLUSTER, all_namespaces=True), ["c"]) == "llmd-routes label -A"
    files = replace(FILES, recursive=True, config=Path("s.yaml"))
    assert command("label", files, ["c"]) == "llmd-routes label -f 'a b.yaml' -R --config s.yaml"


def test_the_fix_of_missing_labels_is_a_command() -> None:
    problems = [Problem(f"ModelService {name}", "same labels", LABEL) for name in ("x/a", "w/b")]
    fixes = {problem.fix for problem in with_commands(problems, CLUSTER)}
    assert fixes == {"llmd-routes label -n w -n x | sh  # restarts the pods"}
    (fix,) = {problem.fix for problem in with_commands(problems, FILES)}
    assert fix == "llmd-routes label -f 'a b.yaml' -o yaml > labels.yaml  # then pass -f labels.yaml too"


def test_other_fixes_stay() -> None:
    problem = Problem("a", "b", "c")
    assert with_commands([problem], CLUSTER) == [problem]
