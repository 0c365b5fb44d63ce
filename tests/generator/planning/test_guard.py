"""Where a rule rejects unknown engines, and where a warning says that none does."""

from __future__ import annotations

from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Carrier
from llmd_routes.model.plan import Attachment
from llmd_routes.planning.guard import has_guard, unguarded_models
from tests.generator.planning.collected import draft

ISTIO = Attachment(Ref("ns", "Gateway", "gw"), "istio")
GKE = Attachment(Ref("ns", "Gateway", "gke"), "gke")


def test_all_gateways_must_support_its_pattern() -> None:
    assert has_guard(draft(attached=[ISTIO]))
    assert not has_guard(draft(attached=[GKE])) and not has_guard(draft(attached=[ISTIO, GKE]))


def test_it_is_needed_only_where_clients_send_the_headers() -> None:
    (notice, _) = unguarded_models(draft(attached=[GKE, ISTIO]))
    assert (notice.code, notice.object) == ("unguarded", "Gateway ns/gke")
    assert notice.remedy == "pass --image IMAGE for an external service"
    assert list(unguarded_models(draft(attached=[GKE], carrier=Carrier("ext-proc", "gke", 1)))) == []
    assert list(unguarded_models(draft(attached=[ISTIO]))) == []
