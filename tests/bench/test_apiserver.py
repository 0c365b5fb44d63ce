"""The bench itself: both generations run, judge objects as a cluster would, and share nothing."""

import json
import ssl
import urllib.request

import pytest

from .bench import Bench

STRICT = ("--dry-run=server", "--validate=strict")

POOL = """
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: {name: vllm-qwen, namespace: default}
spec:
  selector: {matchLabels: {app: vllm}}
  targetPorts: [{number: 8000}]
  endpointPickerRef: {name: vllm-qwen-epp, port: {number: 9002}}
"""

POOL_V1ALPHA2 = """
apiVersion: inference.networking.x-k8s.io/v1alpha2
kind: InferencePool
metadata: {name: vllm-qwen, namespace: default}
spec:
  selector: {app: vllm}
  targetPortNumber: 8000
  extensionRef: {name: vllm-qwen-epp}
"""

EXPECTED_CRDS = {
    "gatewayclasses.gateway.networking.k8s.io",
    "gateways.gateway.networking.k8s.io",
    "httproutes.gateway.networking.k8s.io",
    "referencegrants.gateway.networking.k8s.io",
    "inferencepools.inference.networking.k8s.io",
    "leaderworkersets.leaderworkerset.x-k8s.io",
    "llminferenceservices.serving.kserve.io",
    "llminferenceserviceconfigs.serving.kserve.io",
    "destinationrules.networking.istio.io",
    "envoyfilters.networking.istio.io",
}


def route(rules: int) -> str:
    """Write an HTTPRoute with that many rules."""
    rule = {"backendRefs": [{"name": "vllm-qwen", "port": 8000}]}
    head = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}
    return json.dumps(
        head | {"metadata": {"name": "engines", "namespace": "default"}, "spec": {"rules": [rule] * rules}}
    )


def test_crds_are_established(bench: Bench) -> None:
    condition = '{.metadata.name}={.status.conditions[?(@.type=="Established")].status}'
    crds = bench.kubectl.must("get", "crd", f'-o=jsonpath={{range .items[*]}}{condition}{{"\\n"}}{{end}}').split()
    assert all(crd.endswith("=True") for crd in crds), crds
    names = {crd.partition("=")[0] for crd in crds}
    assert names >= EXPECTED_CRDS
    assert ("inferencepools.inference.networking.x-k8s.io" in names) is bench.has_pool_v1alpha2


def test_nothing_but_crds_is_installed(bench: Bench) -> None:
    assert bench.kubectl.must("get", "validatingadmissionpolicies", "-o=name") == ""


def test_reference_grant_v1beta1_is_served(bench: Bench) -> None:
    assert bench.kubectl.run("get", "referencegrants.v1beta1.gateway.networking.k8s.io").returncode == 0


def test_pool_passes(bench: Bench) -> None:
    done = bench.kubectl.apply(POOL, *STRICT)
    assert (done.returncode, done.stderr) == (0, "")
    assert "vllm-qwen created (server dry run)" in done.stdout


def test_sixteen_rules_pass(bench: Bench) -> None:
    assert bench.kubectl.apply(route(16), *STRICT).returncode == 0


def test_seventeen_rules_are_refused(bench: Bench) -> None:
    done = bench.kubectl.apply(route(17), *STRICT)
    assert done.returncode == 1
    assert "spec.rules: Too many: 17: must have at most 16 items" in done.stderr


def test_unknown_field_is_refused_under_strict(bench: Bench) -> None:
    typo = POOL.replace("targetPorts:", "targetPort: 8000\n  targetPorts:")
    done = bench.kubectl.apply(typo, *STRICT)
    assert done.returncode == 1
    assert 'unknown field "spec.targetPort"' in done.stderr
    assert bench.kubectl.apply(typo, "--dry-run=server", "--validate=ignore").returncode == 0


def test_old_pool_passes_on_oldest(bench_oldest: Bench) -> None:
    assert bench_oldest.has_pool_v1alpha2
    assert bench_oldest.kubectl.apply(POOL_V1ALPHA2, *STRICT).returncode == 0


def test_old_pool_is_unknown_on_newest(bench_newest: Bench) -> None:
    assert not bench_newest.has_pool_v1alpha2
    done = bench_newest.kubectl.apply(POOL_V1ALPHA2, *STRICT)
    assert done.returncode == 1
    assert 'no matches for kind "InferencePool"' in done.stderr


def test_servers_share_nothing(bench_oldest: Bench, bench_newest: Bench) -> None:
    assert bench_oldest.server != bench_newest.server
    bench_oldest.kubectl.must("create", "namespace", "isolation")
    bench_oldest.kubectl.must("create", "configmap", "seen", "--namespace=isolation")
    done = bench_newest.kubectl.run("get", "namespace", "isolation")
    assert done.returncode == 1
    assert "NotFound" in done.stderr
    stranger = bench_oldest.kubectl.run("get", "namespaces", f"--token={bench_newest.token}")
    assert "Unauthorized" in stranger.stderr or "must be logged in" in stranger.stderr


@pytest.mark.parametrize(("flags", "verdict"), [([], "yes"), (["--as=nobody"], "no")])
def test_rbac_is_on(bench: Bench, flags: list[str], verdict: str) -> None:
    assert bench.kubectl.run("auth", "can-i", "create", "httproutes", *flags).stdout.strip() == verdict


def test_server_answers_its_token_over_verified_tls(bench: Bench) -> None:
    request = urllib.request.Request(f"{bench.server}/version", headers={"Authorization": f"Bearer {bench.token}"})
    with urllib.request.urlopen(request, context=ssl.create_default_context(cafile=bench.certificate)) as answer:
        assert json.load(answer)["gitVersion"].startswith("v1.")
