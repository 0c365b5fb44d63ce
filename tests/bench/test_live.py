"""A live cluster reads as its files do, and what was printed and applied changes nothing any more."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .bench import Bench
from .cases import Case, ensure_namespaces, gateway, in_process, makes_alpha_pools, own_cases, shared_cases, stream_of

CASES = own_cases() + shared_cases()
SAME = ("modelServices", "inferencePools", "httpRoutes", "gateways", "eppServices", "ignored", "notices")


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def cluster(bench: Bench, case: Case) -> Iterator[Bench]:
    """A server that holds the objects of a case for one test, as far as it has their kinds."""
    kinds = served(bench)
    listed = [obj for obj in case.objects() if version_kind(obj) in kinds]
    absent = [o for o in case.objects() if o["kind"] in ("InferencePool", "LLMInferenceService")]
    absent = [o for o in absent if version_kind(o) not in kinds]
    if absent:
        pytest.skip(f"this generation has no {version_kind(absent[0])}")
    listed += [gateway(*target.split("/")) for target in unseen_gateways(case)]
    for obj in listed:
        obj["metadata"].setdefault("namespace", namespace_of(case))
    ensure_namespaces(bench, listed)
    stream = stream_of(listed)
    done = bench.kubectl.apply(stream, "--validate=ignore")
    assert done.returncode == 0, done.stderr
    try:
        yield bench
    finally:
        bench.kubectl.must("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=stream)
        pools = ["inferencepools.inference.networking.k8s.io"]
        pools += ["inferencepools.inference.networking.x-k8s.io"] if bench.has_pool_v1alpha2 else []
        policies = ["agentgatewaypolicies", "clienttrafficpolicies", "envoyextensionpolicies", "httproutefilters"]
        policies += ["securitypolicies"]
        policies += ["gcpbackendpolicies", "gcproutingextensions", "healthcheckpolicies"]
        for kind in ("httproutes", "destinationrules", "envoyfilters", *policies, *pools):
            bench.kubectl.must("delete", kind, "--all", "--all-namespaces")
        emitted = "configmaps,services,deployments"
        bench.kubectl.must("delete", emitted, "-l", "llmd-routes/instance", "--all-namespaces", "--wait=false")


def version_kind(obj: dict[str, Any]) -> str:
    return f"{obj['apiVersion']}/{obj['kind']}"


def served(bench: Bench) -> set[str]:
    """Return `apiVersion/Kind` of everything that the server has."""
    rows = [line.split() for line in bench.kubectl.must("api-resources", "--no-headers").splitlines()]
    return {f"{row[-3]}/{row[-1]}" for row in rows}


def namespace_of(case: Case) -> str:
    """Return the namespace that objects without one are in: that of -n, else the one that the others carry."""
    if "-n" in case.options:
        return case.options[case.options.index("-n") + 1]
    return str(next(obj["metadata"]["namespace"] for obj in case.objects() if obj["metadata"].get("namespace")))


def unseen_gateways(case: Case) -> list[str]:
    """Return the NS/NAME of Gateways that a case does not hold; a cluster has them."""
    if "--implementation" not in case.options or "--gateway" not in case.options:
        return []
    wanted = case.options[case.options.index("--gateway") + 1]
    return [wanted if "/" in wanted else f"{namespace_of(case)}/{wanted}"]


def scope(case: Case) -> list[str]:
    return ["-n", namespace_of(case)] if "-n" in case.options else ["-A"]


def options(case: Case) -> list[str]:
    """Return the options that `generate` needs on a cluster, where every Gateway is seen."""
    words = [word for word in case.options if word not in ("--implementation", "istio")]
    words = list(case.options) if "envoy" in case.options else words
    return words if "-n" in words else ["-A", *words]


def shown(*argv: str, bench: Bench | None = None) -> Any:
    done = in_process("discover", "-o", "json", *argv, bench=bench)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_cluster_reads_as_its_files_do(cluster: Bench, case: Case) -> None:
    live = shown(*scope(case), bench=cluster)
    files = shown("-f", str(case.file), *(scope(case) if "-n" in case.options else []))
    unseen = {f"{g['namespace']}/{g['name']}" for g in live["gateways"]} & set(unseen_gateways(case))
    live["gateways"] = [g for g in live["gateways"] if f"{g['namespace']}/{g['name']}" not in unseen]
    for key in SAME:
        assert live[key] == files[key], key


@pytest.mark.parametrize("server_side", [False, True], ids=["client-side", "server-side"])
def test_what_was_applied_is_what_is_printed_again(cluster: Bench, case: Case, server_side: bool) -> None:
    how = ["--server-side", "--field-manager=llmd-routes"] if server_side else []
    first = in_process("generate", *options(case), bench=cluster)
    if makes_alpha_pools(case) and not cluster.has_pool_v1alpha2:
        assert (first.returncode, first.stdout) == (2, "")
        assert "watches pools of inference.networking.x-k8s.io, whose CRD is not installed\n  fix: set" in first.stderr
        return
    assert first.returncode == 0, first.stderr
    done = cluster.kubectl.apply(first.stdout, "--validate=strict", *how)
    assert done.returncode == 0, done.stderr
    again = in_process("generate", *options(case), bench=cluster)
    assert (again.returncode, again.stdout) == (0, first.stdout), again.stderr
    diff = cluster.kubectl.run("diff", *how, "-f", "-", stdin=first.stdout)
    assert (diff.returncode, diff.stdout) == (0, ""), diff.stderr
