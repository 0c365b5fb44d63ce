"""Bodies that a gateway reads must fit into the messages of endpoint pickers."""

from __future__ import annotations

import pytest

from llmd_routes.diagnosing.body_limits import judge_body_limits
from llmd_routes.diagnosing.paths import find_paths
from llmd_routes.explaining.entrances import find_doors
from llmd_routes.model.findings import Finding
from tests.generator.emitted import IMAGE, emitted
from tests.generator.explaining.asking import around
from tests.generator.objects import container, deployment

MIB = 1024 * 1024


def judged(implementation: str, accepted: int, **options: str) -> list[Finding]:
    """Return the findings after a picker was changed to accept messages of another size."""
    words = [f"--grpc-max-recv-msg-size={accepted}"]
    program = container("epp", "ghcr.io/llm-d/llm-d-inference-scheduler:v0.9.0", None, words)
    picker = deployment("vllm-epp", {"epp": "vllm"}, program)
    looked_up = around([*emitted(implementation, **options), picker])
    (door,) = find_doors(looked_up.inventory, looked_up.objects)
    destinations = [path.destination for path, _, _ in find_paths([door], looked_up)]
    return list(dict.fromkeys(judge_body_limits(door, destinations, looked_up)))


@pytest.mark.parametrize("implementation", ["istio", "envoy-gateway"])
def test_a_picker_that_accepts_less_is_named(implementation: str) -> None:
    (finding,) = judged(implementation, MIB)
    assert (finding.severity, finding.cause, finding.object) == ("warning", "body-limit", "Deployment ns/vllm-epp")
    assert finding.fact.startswith("it accepts messages of 1.0 MiB, and Gateway ns/gw reads bodies of 3.9 MiB")


@pytest.mark.parametrize(
    ("implementation", "accepted", "options"),
    [
        ("istio", 4 * MIB, {}),
        ("istio", MIB, {"body_limit": "512Ki"}),
        ("istio", MIB, {"body_to_header": "none"}),
        ("istio", MIB, {"body_to_header": "ext-proc", "image": IMAGE}),
        ("agentgateway", MIB, {}),
    ],
)
def test_what_fits_or_is_passed_on_in_pieces_is_not(
    implementation: str, accepted: int, options: dict[str, str]
) -> None:
    assert judged(implementation, accepted, **options) == []
