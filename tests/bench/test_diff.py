"""`diff` beside a real API server: silent after `kubectl apply`, else as `kubectl diff` of the fields that are ours."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.golden import DATA

from .bench import Bench
from .cases import (
    Case,
    ensure_namespaces,
    in_process,
    llmd_routes,
    makes_alpha_pools,
    objects,
    own_cases,
    shared_cases,
    stream_of,
)
from .test_generate import crd_file

EXAMPLE = str(DATA / "two-engines" / "objects.yaml")
NAMESPACE = "llm-d-multi-engine"
# Sets of routes of their own: what other tests leave of one is a difference too.
INSTANCE = "diff"
NAMED = ("-f", EXAMPLE, "--instance", INSTANCE)
ROUTE = f"gateway.networking.k8s.io.v1.HTTPRoute.{NAMESPACE}.{INSTANCE}"


@pytest.mark.parametrize("case", own_cases() + shared_cases(), ids=lambda case: case.name)
def test_nothing_differs_after_apply(bench: Bench, case: Case) -> None:
    if makes_alpha_pools(case) and not bench.has_pool_v1alpha2:
        return  # nothing to apply them to; the other generation of CRDs has both
    given = ["-f", str(case.file), "-f", crd_file(bench), *case.options, "--instance", f"diff-{case.name}"]
    made = in_process("generate", *given)
    assert made.returncode == 0, made.stderr
    ensure_namespaces(bench, objects(made.stdout))
    new = in_process("diff", *given, bench=bench)
    assert (new.returncode, new.stdout.count("diff -u -N LIVE/")) == (1, len(objects(made.stdout))), new.stderr
    assert not [line for line in new.stdout.splitlines() if line.startswith("-") and not line.startswith("--- ")]
    bench.kubectl.must("apply", "-f", "-", stdin=made.stdout)
    try:
        done = in_process("diff", *given, bench=bench)
        assert (done.returncode, done.stdout) == (0, ""), done.stderr
        assert done.stderr.splitlines() == made.stderr.splitlines()
        assert added_by_the_server(bench, made.stdout) == []
    finally:
        bench.kubectl.must("delete", "--ignore-not-found", "-f", "-", stdin=made.stdout)


# Defaults of these kinds are known to all that compare; those of other kinds are in a CRD, where few look.
BUILT_IN = {"v1", "apps/v1", "rbac.authorization.k8s.io/v1", "policy/v1", "networking.k8s.io/v1"}
OF_THE_SERVER = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")


def added_by_the_server(bench: Bench, text: str) -> list[str]:
    """Return the objects that hold more than what was applied, as Argo CD would compare them."""
    applied = [obj for obj in objects(text) if obj["apiVersion"] not in BUILT_IN]
    stream = stream_of(applied)
    found = json.loads(bench.kubectl.must("get", "-f", "-", "-o", "json", stdin=stream))
    there = found["items"] if found["kind"] == "List" else [found]
    for obj in there:
        obj.pop("status", None)
        # Pools of older releases do not know it, and refuse it; outside of a list it is nobody's difference.
        assert obj["spec"].pop("appProtocol", "http") == "http"
        # Nor do older releases of Envoy Gateway know this one.
        assert obj["spec"].get("connection", {}).pop("maxAcceptPerSocketEvent", 1) == 1
        for name in OF_THE_SERVER:
            obj["metadata"].pop(name, None)
        del obj["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"]
    return [f"{live}\n{obj}" for live, obj in zip(there, applied, strict=True) if live != obj]


@pytest.fixture
def applied(bench_newest: Bench) -> Iterator[Bench]:
    made = llmd_routes("generate", *NAMED)
    ensure_namespaces(bench_newest, objects(made.stdout))
    bench_newest.kubectl.must("apply", "-f", "-", stdin=made.stdout)
    yield bench_newest
    bench_newest.kubectl.must("delete", "--ignore-not-found", "-f", "-", stdin=made.stdout)


def changed(bench: Bench) -> list[str]:
    """Return the lines that differ."""
    done = llmd_routes("diff", *NAMED, bench=bench)
    assert done.returncode in (0, 1), done.stderr
    assert (done.returncode == 1) == bool(done.stdout)
    return [line for line in done.stdout.splitlines() if line[0] in "+-" or line.startswith("diff ")]


def test_what_others_add_is_no_difference_and_what_they_change_is(applied: Bench) -> None:
    kubectl = applied.kubectl
    kubectl.must("annotate", "httproute", INSTANCE, "-n", NAMESPACE, "mine=1")
    assert changed(applied) == []
    patch = [{"op": "replace", "path": "/spec/rules/1/timeouts/request", "value": "7s"}]
    kubectl.must("patch", "httproute", INSTANCE, "-n", NAMESPACE, "--type=json", f"--patch={json.dumps(patch)}")
    wanted = [f"diff -u -N LIVE/{ROUTE} MERGED/{ROUTE}", f"--- LIVE/{ROUTE}", f"+++ MERGED/{ROUTE}"]
    assert changed(applied) == [*wanted, "-      request: 7s", "+      request: 0s"]
    made = llmd_routes("generate", *NAMED)
    theirs = kubectl.run("diff", "-f", "-", stdin=made.stdout)
    assert theirs.returncode == 1
    assert [line for line in theirs.stdout.splitlines() if "request: " in line and line[0] in "+-"] == [
        "-      request: 7s",
        "+      request: 0s",
    ]


def test_what_is_taken_away_by_others_and_what_is_left_over_are_shown(applied: Bench) -> None:
    kubectl = applied.kubectl
    kubectl.must("delete", "httproute", INSTANCE, "-n", NAMESPACE)
    assert changed(applied)[:3] == [
        f"diff -u -N LIVE/{ROUTE} MERGED/{ROUTE}",
        f"--- LIVE/{ROUTE}",
        f"+++ MERGED/{ROUTE}",
    ]
    made = llmd_routes("generate", *NAMED)
    kubectl.must("apply", "-f", "-", stdin=made.stdout)
    assert changed(applied) == []
    left = f"left.{INSTANCE}"
    labels = {"llmd-routes/instance": INSTANCE}
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": left, "labels": labels},
        "data": {"a": "b"},
    }
    kubectl.must("apply", "-n", "default", "-f", "-", stdin=json.dumps(settings))
    try:
        found = changed(applied)
        assert found[0] == f"diff -u -N LIVE/v1.ConfigMap.default.{left} MERGED/v1.ConfigMap.default.{left}"
        assert {"-kind: ConfigMap", "-  a: b"} <= set(found)
        assert not [line for line in found if line.startswith("+") and not line.startswith("+++")]
    finally:
        kubectl.must("delete", "configmap", left, "-n", "default")


def test_an_object_of_somebody_else_under_the_same_name_is_shown(applied: Bench) -> None:
    label = "llmd-routes/instance-"
    applied.kubectl.must("label", "httproute", INSTANCE, "-n", NAMESPACE, label)
    assert changed(applied)[3:] == [f"+    llmd-routes/instance: {INSTANCE}"]


def test_who_may_not_list_is_told(applied: Bench) -> None:
    done = llmd_routes("diff", *NAMED, bench=applied, user="local")
    assert (done.returncode, done.stdout) == (2, "")
    assert "may not be listed" in done.stderr
