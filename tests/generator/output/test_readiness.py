"""What is not in effect comes first, with its fix."""

from __future__ import annotations

from llmd_routes.diagnosing.readiness import Readiness
from llmd_routes.kube.objects import Ref
from llmd_routes.model.findings import Finding
from llmd_routes.output.readiness import as_data, as_text

GATEWAY, ROUTE = Ref("ns", "Gateway", "gw"), Ref("ns", "HTTPRoute", "r")
FINDING = Finding("error", "no-status", str(ROUTE), "status", "fact", "impact", "fix")
READINESS = Readiness((GATEWAY, ROUTE), (FINDING,), ())


def test_text() -> None:
    assert as_text(READINESS, "text") == (
        "error: HTTPRoute ns/r: fact [no-status]\n  field: status\n  impact: impact\n  fix: fix\nok: Gateway ns/gw\n"
    )


def test_data() -> None:
    data = as_data(READINESS)
    assert data["inEffect"] is False
    assert data["objects"] == [
        {"object": "Gateway ns/gw", "inEffect": True},
        {"object": "HTTPRoute ns/r", "inEffect": False},
    ]
    assert as_text(READINESS, "yaml").startswith("inEffect: false\n")
