"""The server that answers for models: where it runs, what it reads, what leads to it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.overrides import Corrections, Override
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import ServicePort
from llmd_routes.model.plan import Plan, PlannedRoute
from llmd_routes.output.render import render
from llmd_routes.output.report import report
from llmd_routes.planning.engine_access import access_to
from llmd_routes.planning.make import make_plan
from llmd_routes.planning.models_server import MOST_IN_FILE
from llmd_routes_sidecar.catalog import Access, Catalog, Service, joined
from tests.generator.objects import Obj, deployment, gateway, pool, vllm
from tests.generator.options import to_options
from tests.generator.planning.collected import extractors

IMAGE = "registry.example.com/llmd-routes:v1"
SCENE = [deployment("a", {"app": "a"}, vllm("m")), pool("a", {"app": "a"}, 8000)]


def plan(*objects: Obj, gateway_class: str = "istio", **options: Any) -> Plan:
    scene = [*(objects or SCENE), gateway(gateway_class=gateway_class)]
    return make_plan(build_inventory(scene, Scope(assume=True)), to_options(**{"image": IMAGE, **options}))


def matches(route: PlannedRoute) -> list[tuple[str, bool, str | None]]:
    """Return path, whether it is the guard, and the Service, of what leads to no pool."""
    rules = [rule for rule in route.rules if not rule.shares]
    return [(m.path, m.guard, rule.service.name if rule.service else None) for rule in rules for m in rule.matches]


def test_what_no_engine_serves_leads_to_it() -> None:
    made = plan()
    first, last = made.routes
    name = "models-ns-gw"
    assert made.endpoint.aggregator and made.endpoint.aggregator.ref.name.startswith(name)
    name = made.endpoint.aggregator.ref.name
    assert (first.ref.name, matches(first)) == ("ns.gw", [])
    assert last.ref.name == "ns.gw.models"
    assert matches(last) == [("/v1", True, name), ("/v1/models", False, name), ("/v1", False, name)]
    assert [path for path, _, _ in matches(plan(no_catch_all=True).routes[-1])] == ["/v1", "/v1/models"]


def test_where_the_model_alone_is_matched_the_guard_stays_before_it() -> None:
    first, last = plan(gateway_class="nginx").routes
    assert matches(first) == [("/v1", True, None)]
    assert [(path, guard) for path, guard, _ in matches(last)] == [("/v1/models", False), ("/v1", False)]


def test_the_gateway_does_not_answer_beside_it() -> None:
    made = plan()
    assert [one.catalog for one in extractors(made.printed)] == [None]
    assert [one.catalog is None for one in extractors(plan(image=None).printed)] == [False]


def test_it_knows_how_much_the_gateway_reads() -> None:
    assert plan().endpoint.aggregator.body_limit == plan().carrier.body_limit  # type: ignore[union-attr]
    assert plan(body_to_header="none").endpoint.aggregator.body_limit is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("allowed", "namespace"),
    [({"from": "Same"}, "gateways"), ({"from": "All"}, "gateways"), ({"from": "Selector", "selector": {}}, "gateways")],
)
def test_it_runs_beside_the_gateway(allowed: Obj, namespace: str) -> None:
    front = gateway(namespace="gateways")
    front["spec"]["listeners"][0]["allowedRoutes"] = {"namespaces": {"from": "All"}} | {"namespaces": allowed}
    scene = build_inventory([*SCENE, front], Scope(assume=True))
    try:
        made = make_plan(scene, to_options(image=IMAGE, instance="x"))
    except PlanError as error:
        # A listener for its own namespace takes no routes of the pools either.
        assert allowed == {"from": "Same"} and "does not allow routes of namespace ns" in str(error)
        return
    assert made.endpoint.aggregator and made.endpoint.aggregator.ref.namespace == namespace


def test_it_runs_beside_a_pool_where_the_gateway_is_closed_to_its_own_namespace() -> None:
    front = gateway(namespace="gateways")
    selector = {"matchLabels": {"kubernetes.io/metadata.name": "ns"}}
    front["spec"]["listeners"][0]["allowedRoutes"] = {"namespaces": {"from": "Selector", "selector": selector}}
    made = make_plan(build_inventory([*SCENE, front], Scope(assume=True)), to_options(image=IMAGE, instance="x"))
    assert made.endpoint.aggregator and made.endpoint.aggregator.ref.namespace == "ns"


def test_who_may_ask_it() -> None:
    def allowed(made: Plan) -> Obj:
        (policy,) = (dict(m.obj) for m in render(made) if m.obj["kind"] == "NetworkPolicy")
        # No pod may read metrics unless --metrics-namespace allows its namespace.
        (only,) = policy["spec"]["ingress"]
        return dict(only)

    here = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ns"}}}]
    assert allowed(plan())["from"] == allowed(plan(gateway_class="agentgateway"))["from"] == here
    # Where the proxies run is not known.
    assert "from" not in allowed(plan(gateway_class="nginx"))


def test_a_gateway_that_takes_no_routes_from_beside_it_is_told() -> None:
    closed = gateway("other", namespace="far")
    closed["spec"]["listeners"][0]["allowedRoutes"] = {
        "namespaces": {"from": "Selector", "selector": {"matchLabels": {"kubernetes.io/metadata.name": "ns"}}}
    }
    open_ = gateway(namespace="gateways")
    open_["spec"]["listeners"][0]["allowedRoutes"] = {"namespaces": {"from": "All"}}
    scene = build_inventory([*SCENE, open_, closed], Scope(assume=True))
    with pytest.raises(PlanError, match=r"far/other: listener .* does not allow routes of namespace gateways"):
        make_plan(scene, to_options(image=IMAGE, instance="x", gateways=("gateways/gw", "far/other")))


def test_the_pods_behind_each_service_are_known() -> None:
    made = plan(deployment("b", {"app": "b"}, vllm("n")), pool("b", {"app": "b"}, 8000), *SCENE)
    assert made.endpoint.catalog
    pods = [service.pods for service in made.endpoint.catalog.services]
    assert [(one.namespace, one.selector, one.ports) for one in pods if one] == [
        ("ns", {"app": "a"}, (8000,)),
        ("ns", {"app": "b"}, (8000,)),
    ]


def test_a_long_catalog_is_cut_into_files() -> None:
    names = [f"organisation/model-with-a-long-name-{number:05}" for number in range(4000)]
    many = [deployment("a", {"app": "a"}, vllm("m", "--served-model-name", *names)), pool("a", {"app": "a"}, 8000)]
    made = plan(*many)
    assert made.endpoint.aggregator
    files = made.endpoint.aggregator.files
    assert len(files) > 1 and all(len(text.encode()) <= MOST_IN_FILE + 64 for text in files)
    assert made.endpoint.catalog
    together = joined(map(Catalog.model_validate_json, files))
    assert together.entries == made.endpoint.catalog.entries
    assert all(service.pods == made.endpoint.catalog.services[0].pods for service in together.services)
    maps = [manifest.obj for manifest in render(made) if manifest.obj["kind"] == "ConfigMap"]
    assert [json.loads(next(iter(one["data"].values()))) for one in maps] == [json.loads(text) for text in files]


def test_instances_that_differ_by_a_dot_have_servers_of_their_own() -> None:
    names = {plan(instance=name).endpoint.aggregator.ref.name for name in ("a.b", "a-b", "a.b" * 20, "a-b" * 20)}  # type: ignore[union-attr]
    assert len(names) == 4 and all(len(name) <= 63 and "." not in name for name in names)


def pod_of(made: Plan) -> Obj:
    """Return the pod of the server that is emitted."""
    (one,) = (dict(m.obj) for m in render(made) if m.obj["kind"] == "Deployment")
    return dict(one["spec"]["template"]["spec"])


def test_pods_are_watched_where_the_pools_are_and_nothing_else_is_allowed() -> None:
    far = [deployment("b", {"app": "b"}, vllm("n"), namespace="far"), pool("b", {"app": "b"}, 8000, namespace="far")]
    open_ = gateway()
    open_["spec"]["listeners"][0]["allowedRoutes"] = {"namespaces": {"from": "All"}}
    made = make_plan(build_inventory([*SCENE, *far, open_], Scope(assume=True)), to_options(image=IMAGE))
    objects = [dict(manifest.obj) for manifest in render(made)]
    roles = [one for one in objects if one["kind"] == "Role"]
    assert [one["metadata"]["namespace"] for one in roles] == ["far", "ns"]
    assert all(
        one["rules"] == [{"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "watch"]}] for one in roles
    )
    assert made.endpoint.aggregator
    name = made.endpoint.aggregator.ref.name
    for binding in (one for one in objects if one["kind"] == "RoleBinding"):
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": name, "namespace": "ns"}]
        assert binding["roleRef"]["name"] == name
    assert pod_of(made)["automountServiceAccountToken"] is True
    assert "--watch-pods" in pod_of(made)["containers"][0]["args"]


def test_operators_are_answered_where_there_is_a_token() -> None:
    made = plan(admin_token_secret="operators:key")
    route = made.routes[-1]
    assert [match.path for match in route.rules[-1].matches] == ["/admin/discover", "/admin/api/routing"]
    assert route.rules[-1].service == made.endpoint.service
    pod = pod_of(made)
    assert "--admin-token-file=/admin/token" in pod["containers"][0]["args"]
    (volume,) = (one["secret"] for one in pod["volumes"] if one["name"] == "admin")
    assert volume == {
        "secretName": "operators",
        "defaultMode": 0o440,
        "items": [{"key": "key", "path": "token"}],
    }
    assert all("/admin" not in match.path for rule in plan().routes[-1].rules for match in rule.matches)
    assert not any("admin" in word for word in pod_of(plan())["containers"][0]["args"])


def access(made: Plan) -> list[Access | None]:
    assert made.endpoint.catalog
    return [service.pods.access for service in made.endpoint.catalog.services if service.pods]


def test_engines_are_asked_with_their_keys() -> None:
    both = [*SCENE, deployment("b", {"app": "b"}, vllm("n"), annotations={"llm-d.ai/owned-by": "other"})]
    both.append(pool("b", {"app": "b"}, 8000))
    assert access(plan(*both)) == [None, None]
    made = plan(*both, engine_key_secrets=("other=keys:b",))
    assert access(made) == [None, Access(api_key="keys.b")]
    made = plan(*both, engine_key_secrets=("all", "other=keys:b"), engine_key_plain=True)
    assert access(made) == [Access(api_key="all.api-key", plain_key=True), Access(api_key="keys.b", plain_key=True)]
    sources = next(one["projected"]["sources"] for one in pod_of(made)["volumes"] if one["name"] == "secrets")
    assert [(one["secret"]["name"], one["secret"]["items"]) for one in sources] == [
        ("all", [{"key": "api-key", "path": "all.api-key"}]),
        ("keys", [{"key": "b", "path": "keys.b"}]),
    ]


@pytest.mark.parametrize(
    ("scheme", "options", "wanted"),
    [
        ("http", {"engine_ca_secret": "ca"}, None),
        ("http", {"engine_skip_verify": True}, None),
        ("https", {}, None),
        ("https", {"engine_ca_secret": "ca"}, Access(ca="ca.ca.crt")),
        ("https", {"engine_ca_secret": "ca:root.pem"}, Access(ca="ca.root.pem")),
        ("https", {"engine_skip_verify": True}, Access(verify=False)),
        ("https", {"engine_key_secrets": ("keys",)}, Access(api_key="keys.api-key")),
    ],
)
def test_engines_with_tls_are_asked_as_somebody_says(scheme: str, options: dict[str, Any], wanted: Access) -> None:
    assert access_to("vllm", scheme, to_options(**options)) == wanted


@pytest.mark.parametrize(
    ("service", "namespace"), [("models:8080", "ns"), ("ns/models:8080", "ns"), ("gateways/models:8080", "gateways")]
)
def test_a_server_that_is_there(service: str, namespace: str) -> None:
    made = plan(image=None, models_service=service)
    assert made.endpoint.service == ServicePort(namespace, "models", 8080) and made.endpoint.aggregator is None
    last = made.routes[-1]
    assert (last.ref.namespace, matches(last)) == (
        namespace,
        [("/v1", True, "models"), ("/v1/models", False, "models"), ("/v1", False, "models")],
    )
    assert not {m.obj["kind"] for m in render(made)} & {"Deployment", "ConfigMap", "Service", "Role"}
    (told,) = (line for line in report(build_inventory([], Scope()), made) if "answers the models list" in line)
    assert told.startswith(f"Service {namespace}/models answers the models list")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (
            {"image": None, "admin_token_secret": "t"},
            "--admin-token-secret: applies only to an emitted models server",
        ),
        ({"image": None, "cors_origins": ("*",)}, "--cors-origin: applies only to an emitted models server"),
        (
            {"image": None, "models_service": "m:1", "engine_skip_verify": True},
            "--engine-skip-verify: applies only to",
        ),
        ({"admin_token_secret": "T"}, "--admin-token-secret T: invalid Secret; use NAME or NAME:KEY"),
        ({"admin_token_secret": "t:a/b"}, "--admin-token-secret t:a/b: invalid Secret; use NAME or NAME:KEY"),
        (
            {"engine_key_secrets": ("a=b", "a=c")},
            "--engine-key-secret a=c: a key for a is already set; remove one of them",
        ),
        ({"engine_key_secrets": ("vllm=",)}, "--engine-key-secret : invalid Secret"),
        ({"engine_key_plain": True}, "--engine-key-plain: applies only to API keys"),
        (
            {"engine_ca_secret": "c", "engine_skip_verify": True},
            "--engine-skip-verify and --engine-ca-secret: mutually exclusive",
        ),
        ({"cors_origins": ("chat.example.com",)}, "--cors-origin chat.example.com: invalid origin"),
        ({"models_service": "m:1"}, "--models-service and --image: mutually exclusive"),
        ({"image": None, "models_service": "m"}, "--models-service m: invalid Service; use"),
        ({"image": None, "models_service": "a/b/m:80"}, "--models-service a/b/m:80: invalid Service; use"),
        ({"image": None, "models_service": "m:0"}, "--models-service m:0: invalid Service; use"),
        (
            {"image": None, "models_service": "m:80", "models_endpoint": "static"},
            "--models-service: an existing models server",
        ),
        (
            {"image": None, "models_endpoint": "server"},
            "requires an image, and none is published; pass --image IMAGE",
        ),
        ({"models_endpoint": "static"}, "--image: the image of the models server, and --models-endpoint is static"),
        ({"models_endpoint": "none"}, "--image: the image of the models server, and --models-endpoint is none"),
        ({"image": "a b"}, "--image 'a b': invalid image"),
    ],
)
def test_what_cannot_be_asked(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(PlanError, match=problem):
        plan(**options)


def removing(*names: str, adding: tuple[str, ...] = ()) -> Corrections:
    return Corrections(settings={"Deployment/a": Override(add_models=adding, remove_models=names)})


TWO = [*SCENE, deployment("b", {"app": "b", "llm-d.ai/owned-by": "other"}, vllm("m")), pool("b", {"app": "b"}, 8000)]
ADMIN = {"admin_token_secret": "admin", "admin_settings": "llm/controller"}


def planned(corrections: Corrections, **options: Any) -> Plan:
    inventory = build_inventory([*TWO, gateway()], Scope(assume=True), corrections)
    return make_plan(inventory, to_options(image=IMAGE, **options))


def services(made: Plan) -> list[Service]:
    assert made.endpoint.aggregator
    return [*joined(map(Catalog.model_validate_json, made.endpoint.aggregator.files)).services]


def test_a_removed_name_has_no_route_and_no_entry() -> None:
    made = planned(removing("m"))
    assert {backend.target.name for backend in made.backends} == {"b"}
    assert [one.owned_by for one in services(made)] == ["other"]
    both = [backend.keyed.models for backend in planned(removing("x")).backends]
    assert both == [("m",), ("m",)]


def test_the_catalog_for_operators_has_what_the_settings_change() -> None:
    made = planned(removing("m", "unserved"), **ADMIN)
    idle, other = sorted(services(made), key=lambda one: one.pool or "")
    assert (idle.keys, idle.models, idle.removed, idle.pool) == (("ns/Deployment/a",), (), ("m",), "a")
    assert (other.keys, [model.id for model in other.models], other.removed) == (("ns/Deployment/b",), ["m"], None)
    first = services(planned(removing(adding=("new",)), **ADMIN))[0]
    assert ([model.id for model in first.models], first.added) == (["m", "new"], ("new",))
    assert services(planned(removing("m")))[0].keys is None


def test_not_all_routes_can_be_removed() -> None:
    inventory = build_inventory([*SCENE, gateway()], Scope(assume=True), removing("m"))
    with pytest.raises(PlanError, match="removeModels in the settings contains all of its models"):
        make_plan(inventory, to_options(image=IMAGE))


def test_the_pods_learn_which_settings_they_may_change() -> None:
    (deployed,) = [m.obj for m in render(planned(Corrections(), **ADMIN)) if m.obj["kind"] == "Deployment"]
    spec = deployed["spec"]["template"]["spec"]
    assert "--settings=llm/controller" in spec["containers"][0]["args"]
    with pytest.raises(PlanError, match="--admin-settings: applies only to operators with a token"):
        planned(Corrections(), admin_settings="llm/controller")
    with pytest.raises(PlanError, match="--admin-settings llm: invalid ConfigMap; use NAMESPACE/NAME"):
        planned(Corrections(), admin_token_secret="admin", admin_settings="llm")
