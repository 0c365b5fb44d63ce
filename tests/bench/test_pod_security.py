"""Pods of ours are admitted under the restricted Pod Security Standard, by the real API server.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tests.golden import DATA, arguments

from .bench import Bench
from .cases import llmd_routes, objects

Obj = dict[str, Any]
RESTRICTED = "restricted"


@pytest.fixture(scope="module")
def restricted(bench_newest: Bench) -> Iterator[Bench]:
    """A server with a namespace that takes restricted pods only."""
    kubectl = bench_newest.kubectl
    kubectl.must("create", "namespace", RESTRICTED)
    kubectl.must("label", "namespace", RESTRICTED, "pod-security.kubernetes.io/enforce=restricted")
    yield bench_newest
    kubectl.must("delete", "namespace", RESTRICTED, "--wait=false")


def pods(folder: str) -> list[Obj]:
    """Return the pods of the Deployments that are printed for a golden case."""
    case = DATA / folder
    done = llmd_routes("generate", "-f", str(case / "objects.yaml"), *arguments(case))
    assert done.returncode == 0, done.stderr
    specs = [each["spec"]["template"]["spec"] for each in objects(done.stdout) if each["kind"] == "Deployment"]
    metadata = {"name": "pod", "namespace": RESTRICTED}
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec} for spec in specs]


def refused(bench: Bench, pod: Obj) -> str:
    """Return why a pod is not admitted; empty when it is."""
    done = bench.kubectl.run("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("folder", ["aggregator", "aggregator-with-secrets", "ext-proc", "ext-authz"])
def test_they_are_admitted(restricted: Bench, folder: str) -> None:
    made = pods(folder)
    assert made
    assert [refused(restricted, pod) for pod in made] == [""] * len(made)


def test_one_that_asks_for_more_is_not(restricted: Bench) -> None:
    (pod,) = pods("aggregator")
    for take in ("runAsNonRoot", "seccompProfile"):
        lax = deepcopy(pod)
        del lax["spec"]["securityContext"][take]
        assert "violates PodSecurity" in refused(restricted, lax)
    rooted = deepcopy(pod)
    rooted["spec"]["securityContext"]["runAsUser"] = 0
    assert "violates PodSecurity" in refused(restricted, rooted)
    for take in ("allowPrivilegeEscalation", "capabilities"):
        lax = deepcopy(pod)
        del lax["spec"]["containers"][0]["securityContext"][take]
        assert "violates PodSecurity" in refused(restricted, lax)
