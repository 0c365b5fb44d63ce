"""The clusters that Envoy needs: Services, pods of InferencePools, and their endpoint pickers."""

from __future__ import annotations

from llmd_routes.gateways.envoy.destinations import Cluster, Target, clusters, target_of
from llmd_routes.gateways.envoy.pickers import Picker
from llmd_routes.kube.objects import Ref, ServicePort
from llmd_routes.model.plan import Match, PlannedRoute, Rule, Share
from llmd_routes.names import POOL_V1

POOL = Ref("ns", "InferencePool", "oak")
PICKERS = {POOL: Picker(ServicePort("ns", "oak-epp", 9002), tls=True)}
TO_POOL, TO_SERVICE = Share("oak", POOL_V1, 3), Share("elm-proxy", "", 1, 8081)


def test_targets() -> None:
    assert target_of(TO_POOL, "ns", PICKERS) == Target("pool/ns/oak", 3, "picker/ns/oak-epp/9002")
    assert target_of(TO_SERVICE, "ns", PICKERS) == Target("service/ns/elm-proxy/8081", 1)


def test_each_cluster_once() -> None:
    models = Rule((Match("/v1/models"),), service=ServicePort("apps", "models", 80))
    rules = (Rule((Match("/v1"),), (TO_POOL, TO_SERVICE)), Rule((Match("/v2"),), (TO_POOL,)), models)
    route = PlannedRoute(Ref("ns", "HTTPRoute", "r"), rules)
    assert clusters([route], PICKERS) == [
        Cluster("picker/ns/oak-epp/9002", "oak-epp.ns.svc.cluster.local.", 9002, is_picker=True, tls=True),
        Cluster("pool/ns/oak"),
        Cluster("service/apps/models/80", "models.apps.svc.cluster.local.", 80),
        Cluster("service/ns/elm-proxy/8081", "elm-proxy.ns.svc.cluster.local.", 8081),
    ]
