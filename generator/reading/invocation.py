"""Write commands for a person to run on the same input as this run. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import replace

from llmd_routes.notices import LABEL
from llmd_routes.problems import Problem

from .request import Input


def command(name: str, source: Input, namespaces: Sequence[str] = ()) -> str:
    """Return `llmd-routes NAME` with the options of an input.

    `namespaces` are added if a cluster is read and no option sets one.
    """
    words = ["llmd-routes", name]
    for file in source.files:
        words += ["-f", file]
    words += ["-R"] if source.recursive else []
    words += ["-A"] if source.all_namespaces else []
    words += ["-l", source.selector] if source.selector and name != "label" else []
    assumed = () if source.files or source.all_namespaces else namespaces
    for namespace in source.namespaces or assumed:
        words += ["-n", namespace]
    words += ["--kubeconfig", source.kubeconfig] if source.kubeconfig and not source.files else []
    words += ["--context", source.context] if source.context and not source.files else []
    words += ["--config", str(source.config)] if source.config else []
    return shlex.join(words)


def with_commands(problems: Iterable[Problem], source: Input) -> list[Problem]:
    """Return problems with a complete command for this input where `llmd-routes label` is the fix."""
    every = list(problems)
    objects = {problem.object.partition(" ")[2] for problem in every if problem.fix == LABEL}
    namespaces = sorted({name.partition("/")[0] for name in objects if "/" in name})
    fix = _label_command(source, namespaces)
    return [replace(problem, fix=fix) if problem.fix == LABEL else problem for problem in every]


def _label_command(source: Input, namespaces: Sequence[str]) -> str:
    label = command("label", source, namespaces)
    if source.files:
        return f"{label} -o yaml > labels.yaml  # then pass -f labels.yaml too"
    return f"{label} | sh  # restarts the pods"
