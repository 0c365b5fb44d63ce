"""Who may read what: the ClusterRole is enough and allows nothing else; what may not be listed is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from llmd_routes.kinds import EMITTED, KINDS
from tests.golden import DATA, ERRORS
from tests.regenerate import ROOT

from .bench import Bench
from .cases import ensure_namespaces, llmd_routes, objects, stream_of

EXAMPLE = DATA / "two-engines" / "objects.yaml"
NAMESPACE = "llm-d-multi-engine"
ROLE = ROOT / "manifests" / "clusterrole.yaml"


@pytest.fixture
def scene(bench_newest: Bench) -> Iterator[Bench]:
    """A server that holds the example, with the role bound to `reader` everywhere and to `local` in one namespace."""
    kubectl = bench_newest.kubectl
    kubectl.must("apply", "-f", str(ROLE))
    kubectl.must("create", "clusterrolebinding", "reader", "--clusterrole=llmd-routes-reader", "--user=reader")
    listed = objects(EXAMPLE.read_text(encoding="utf-8"))
    ensure_namespaces(bench_newest, listed)
    in_namespace = f"--namespace={NAMESPACE}"
    kubectl.must("create", "rolebinding", "local", "--clusterrole=llmd-routes-reader", "--user=local", in_namespace)
    kubectl.must("apply", "-f", str(EXAMPLE))
    yield bench_newest
    kubectl.must("delete", "--wait=false", "-f", str(EXAMPLE), "-f", str(ROLE))
    kubectl.must("delete", "clusterrolebinding", "reader")
    kubectl.must("delete", "rolebinding", "local", in_namespace)


def test_the_role_is_enough(scene: Bench) -> None:
    asked = (("discover", "-A", "-o", "json"), 0), (("generate", "-n", NAMESPACE), 0), (("diff", "-n", NAMESPACE), 1)
    for argv, code in asked:
        as_reader, as_admin = llmd_routes(*argv, bench=scene, user="reader"), llmd_routes(*argv, bench=scene)
        assert (as_reader.returncode, as_reader.stdout, as_reader.stderr) == (code, as_admin.stdout, as_admin.stderr)


def allowed(bench: Bench, asked: list[tuple[str, str, str, str]]) -> list[bool]:
    """Return whether the reader may do what is asked in all namespaces: verb, group, resource, subresource."""
    reviews: list[dict[str, Any]] = [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": "reader",
                "groups": ["system:authenticated"],
                "resourceAttributes": {"verb": verb, "group": group, "resource": resource, "subresource": below},
            },
        }
        for verb, group, resource, below in asked
    ]
    answers = objects(bench.kubectl.must("create", "-f", "-", "-o", "yaml", stdin=stream_of(reviews)))
    assert [answer["spec"] for answer in answers] == [
        {**review["spec"], "resourceAttributes": {k: v for k, v in review["spec"]["resourceAttributes"].items() if v}}
        for review in reviews
    ]
    return [answer["status"]["allowed"] for answer in answers]


def test_the_role_allows_nothing_else(scene: Bench) -> None:
    kinds = [(read.group, read.plural, "") for read in (*KINDS, *EMITTED)]
    assert allowed(scene, [("list", "apps", "deployments", ""), ("list", "", "pods", "")]) == [True, True]
    asked = [(verb, *kind) for kind in kinds for verb in ("create", "update", "patch", "delete", "get", "watch")]
    asked += [("list", "", "secrets", ""), ("list", "", "nodes", ""), ("get", "", "pods", "log")]
    answers = zip(asked, allowed(scene, asked), strict=True)
    assert [what for what, is_allowed in answers if is_allowed] == []


def test_one_namespace_is_enough_for_a_service_and_its_gateway(scene: Bench) -> None:
    done = llmd_routes("generate", "-n", NAMESPACE, bench=scene, user="local")
    assert done.returncode == 0, done.stderr
    assert done.stdout == llmd_routes("generate", "-n", NAMESPACE, bench=scene).stdout
    facts = [line for line in done.stderr.splitlines() if line.startswith("  ")]
    seen = {name for line in facts for name in line.partition(":")[0].strip().split(", ")}
    assert {"gateways.gateway.networking.k8s.io", "httproutes.gateway.networking.k8s.io"} <= seen
    assert {"gatewayclasses.gateway.networking.k8s.io", "namespaces"} <= seen


def test_a_required_kind_that_may_not_be_listed_stops_everything(scene: Bench) -> None:
    done = llmd_routes("generate", "-A", bench=scene, user="local")
    assert (done.returncode, done.stdout) == (2, "")
    assert all(map(ERRORS.fullmatch, done.stderr.splitlines()))
    assert "error: deployments.apps: may not be listed: deployments.apps is forbidden: User" in done.stderr


def test_who_may_list_nothing_gets_a_line_for_every_required_kind(scene: Bench) -> None:
    done = llmd_routes("discover", "-n", NAMESPACE, bench=scene, user="nobody")
    assert (done.returncode, done.stdout) == (2, "")
    told = {line.split(": ")[1] for line in done.stderr.splitlines() if line.startswith("error: ")}
    present = {
        "pods",
        "services",
        "deployments.apps",
        "gateways.gateway.networking.k8s.io",
        "leaderworkersets.leaderworkerset.x-k8s.io",
    }
    assert present <= told
    # What the server does not have needs no permission.
    assert "inferencepools.inference.networking.x-k8s.io" not in told


def test_a_kind_that_one_can_do_without(scene: Bench) -> None:
    everything = [word for read in KINDS if read.required for word in ("--allow-missing", read.kind)]
    done = llmd_routes("discover", "-n", NAMESPACE, *everything, "-o", "json", bench=scene, user="nobody")
    assert done.returncode == 1, done.stderr
    codes = {notice["code"] for notice in json.loads(done.stdout)["notices"]}
    assert codes == {"not-listed"}


def test_a_token_that_is_not_known(scene: Bench) -> None:
    kubeconfig = scene.kubeconfigs["nobody"].with_name("stale")
    config = json.loads(scene.kubeconfigs["nobody"].read_text())
    config["users"][0]["user"]["token"] = "expired"
    kubeconfig.write_text(json.dumps(config))
    done = llmd_routes("discover", "-A", bench=replace(scene, kubeconfig=kubeconfig))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: cluster {scene.server}: rejected the credentials\n  fix: renew them, or check --context\n"
    )


def test_a_certificate_that_nobody_vouches_for(scene: Bench) -> None:
    kubeconfig = scene.kubeconfigs["nobody"].with_name("untrusted")
    config = json.loads(scene.kubeconfigs["nobody"].read_text())
    del config["clusters"][0]["cluster"]["certificate-authority"]
    kubeconfig.write_text(json.dumps(config))
    done = llmd_routes("discover", "-A", bench=replace(scene, kubeconfig=kubeconfig))
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: cluster {scene.server}: cannot be reached: certificate verify failed")
    assert len(done.stderr.splitlines()) == 2


def test_a_cluster_without_crds(bench_bare: Bench) -> None:
    shown = llmd_routes("discover", "-A", "-o", "json", bench=bench_bare)
    assert (shown.returncode, shown.stderr) == (1, "error: no ModelService in the input\n  fix: check -f and -n\n")
    assert json.loads(shown.stdout)["notices"] == []
    done = llmd_routes("generate", "-A", bench=bench_bare)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: no ModelService in the input\n  fix: check -f and -n\n"


def test_in_one_namespace_differences_are_seen_and_what_is_not_is_told(scene: Bench) -> None:
    done = llmd_routes("diff", "-n", NAMESPACE, bench=scene, user="local")
    assert done.returncode == 1, done.stderr
    assert done.stdout == llmd_routes("diff", "-n", NAMESPACE, bench=scene).stdout
    fact = f"may be listed in {NAMESPACE} only, so objects that would be removed elsewhere are not shown"
    (line,) = [line for line in done.stderr.splitlines() if line.endswith(f": {fact}")]
    assert "httproutes.gateway.networking.k8s.io" in line
