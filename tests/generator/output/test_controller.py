"""The objects of an emitted controller."""

from __future__ import annotations

from typing import Any

from llmd_routes.kube.objects import Ref, kind_of, namespace_of
from llmd_routes.model.controller import ControllerPlan, Rule
from llmd_routes.output.controller import render_controller

READ = Rule("", ("pods", "services"), ("list", "watch"))
LEASE = Rule("coordination.k8s.io", ("leases",), ("get",), ("c",))


def made(**more: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the objects by kind and namespace."""
    plan = ControllerPlan(
        Ref("llm", "Deployment", "c"),
        more.pop("image", "registry.example.com/llmd-routes:v1"),
        "llm.gw-controller",
        more.pop("files", {"llmd-routes.yaml": "a: b\n"}),
        (READ,),
        {"llm": (READ, LEASE), "gw": (READ,)},
        **more,
    )
    objects = [manifest.obj for manifest in render_controller(plan)]
    assert kind_of(objects[0]) == "ServiceAccount" and kind_of(objects[-1]) == "Deployment"
    return {(kind_of(obj), namespace_of(obj) or ""): dict(obj) for obj in objects}


def test_each_namespace_has_a_role_that_is_bound_to_the_account() -> None:
    objects = made()
    for kind, namespace, name in (("ClusterRole", "", "llm.c"), ("Role", "llm", "c"), ("Role", "gw", "llm.c")):
        role, binding = objects[kind, namespace], objects[f"{kind}Binding", namespace]
        assert role["metadata"]["name"] == binding["metadata"]["name"] == name
        assert binding["roleRef"] == {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "c", "namespace": "llm"}]
    assert objects["Role", "llm"]["rules"] == [
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["list", "watch"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": ["c"], "verbs": ["get"]},
    ]


def test_every_object_is_of_the_instance_of_the_controller() -> None:
    labels = [obj["metadata"]["labels"]["llmd-routes/instance"] for obj in made().values()]
    assert set(labels) == {"llm.gw-controller"}


def test_the_pods_read_the_settings_and_elect_a_leader() -> None:
    objects = made(files={"llmd-routes.yaml": "a: 'b'\n\nc: d\n", "epp-config.yaml": " x\n"})
    assert objects["ConfigMap", "llm"]["data"] == {"llmd-routes.yaml": "a: 'b'\n\nc: d\n", "epp-config.yaml": " x\n"}
    (container,) = objects["Deployment", "llm"]["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["llmd-routes"]
    assert container["args"] == [
        "controller",
        "--config=/settings/llmd-routes.yaml",
        "--config-map=c",
        "--lease=c",
        "--monitoring-port=9090",
    ]
    assert container["volumeMounts"][0]["mountPath"] == "/settings"
    assert objects["Deployment", "llm"]["spec"]["replicas"] == 2


def test_the_models_server_may_change_what_operators_request_and_nothing_else() -> None:
    assert "c-operators" not in {obj["metadata"]["name"] for obj in made().values()}
    editor = Ref("gw", "ServiceAccount", "models-x")
    plan = ControllerPlan(Ref("llm", "Deployment", "c"), "image", "i", {"a": "b"}, (), editor=editor)
    objects = [each.obj for each in render_controller(plan) if each.obj["metadata"]["name"] == "c-operators"]
    config_map, role, binding = objects
    assert (kind_of(config_map), namespace_of(config_map), config_map.get("data")) == ("ConfigMap", "llm", None)
    assert [(rule["resourceNames"], rule["verbs"]) for rule in role["rules"]] == [
        (["c"], ["get"]),
        (["c-operators"], ["get", "update"]),
    ]
    assert {rule["resources"][0] for rule in role["rules"]} == {"configmaps"}
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "models-x", "namespace": "gw"}]


def test_only_pods_that_scrape_metrics_may_connect() -> None:
    assert made()["NetworkPolicy", "llm"]["spec"]["ingress"] == []
    (rule,) = made(scrapers=("monitoring",))["NetworkPolicy", "llm"]["spec"]["ingress"]
    assert rule["from"][0]["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "monitoring"}
    assert rule["ports"] == [{"protocol": "TCP", "port": "monitoring"}]


def test_any_image_is_a_text() -> None:
    (container,) = made(image="null")["Deployment", "llm"]["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "null"
