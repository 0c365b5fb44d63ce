"""What `generate` prints is taken by a real API server, strictly validated."""

from __future__ import annotations

import pytest

from .bench import Bench
from .cases import Case, ensure_namespaces, in_process, makes_alpha_pools, objects, own_cases, shared_cases

CASES = own_cases() + shared_cases()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_printed_is_accepted(bench: Bench, case: Case) -> None:
    made = in_process("generate", "-f", str(case.file), *case.options)
    assert made.returncode == 0, made.stderr
    printed = objects(made.stdout)
    ensure_namespaces(bench, printed)
    done = bench.kubectl.apply(made.stdout, "--dry-run=server", "--validate=strict")
    if makes_alpha_pools(case) and not bench.has_pool_v1alpha2:
        # From files it cannot be known that this server has no such pools; kubectl says so.
        assert 'no matches for kind "InferencePool" in version "inference.networking.x-k8s.io/v1alpha2"' in done.stderr
        return
    if bench.generation == "oldest":
        # Offline it cannot be known that this server has no timeouts: strict validation says so, and names the field.
        assert "timeouts" in done.stderr
        generated = in_process("generate", "-f", str(case.file), "-f", crd_file(bench), *case.options)
        assert generated.returncode == 0, generated.stderr
        printed = objects(generated.stdout)
        done = bench.kubectl.apply(generated.stdout, "--dry-run=server", "--validate=strict")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(printed)


def crd_file(bench: Bench) -> str:
    """Return a file that holds the CRD of HTTPRoutes of the bench."""
    path = bench.kubeconfig.with_name("httproutes.json")
    if not path.exists():
        path.write_text(bench.kubectl.must("get", "crd", "httproutes.gateway.networking.k8s.io", "-o", "json"))
    return str(path)
