"""The controller keeps the routes of a cluster current, while clients of a healthy engine notice nothing."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.cases import user_shell
from tests.bench.waiting import until
from tests.regenerate import ROOT

from .cluster import Cluster
from .controlled import Client, Controlled, asking, controlled
from .scene import POOLS, Scene, open_scene

Obj = dict[str, Any]
HOME = "controlled"
NAME = f"{HOME}.inference-gateway"
SGLANG = "ms-sglang-qwen2-5-0-5b-llm-d-modelservice-decode"
VLLM = "ms-vllm-qwen2-5-0-5b-llm-d-modelservice-decode"
PAGE = ROOT / "docs" / "reference" / "commands.md"
SERVER_FIELDS = ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields")


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster, without routes."""
    with open_scene(cluster, "two-engines", HOME) as opened:
        yield opened


@pytest.fixture(scope="module")
def controller(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    """A controller that has made the routes of both engines."""
    with controlled(scene, tmp_path_factory.mktemp("controller")) as started:
        started.wait("sglang", "vllm")
        yield started


@pytest.fixture
def client(controller: Controlled) -> Iterator[Client]:
    """A client of vllm that must get an answer of it to every request."""
    with asking(controller.scene.gateway(), "vllm") as started:
        yield started
    assert started.asked > 0
    assert started.failed == []


def saved(scene: Scene, kind: str, name: str) -> str:
    """Return an object as it can be created again."""
    obj = json.loads(scene.kubectl("get", kind, name, "-o", "json"))
    for field in SERVER_FIELDS:
        obj["metadata"].pop(field, None)
    obj.pop("status", None)
    return json.dumps(obj)


def status(scene: Scene, engine: str) -> int:
    return scene.gateway().chat({}, owned_by=engine).status


def pools(scene: Scene) -> list[str]:
    return sorted(pool["metadata"]["name"] for pool in scene.get(POOLS)["items"])


def test_an_engine_goes_and_comes_back(controller: Controlled, client: Client) -> None:
    scene = controller.scene
    assert status(scene, "sglang") == 200
    deployment = saved(scene, "deployment", SGLANG)
    scene.kubectl("delete", "deployment", SGLANG)
    controller.wait("vllm")
    until(lambda: pools(scene) == ["gaie-vllm-qwen2-5-0-5b"], "its pool is removed")
    assert status(scene, "sglang") == 404
    scene.apply(deployment)
    controller.wait("sglang", "vllm")
    assert status(scene, "sglang") == 200
    assert controller.logged("cannot") == []


def test_an_engine_without_pods_keeps_its_routes(controller: Controlled, client: Client) -> None:
    scene = controller.scene
    before = len(controller.lines())
    scene.scale(SGLANG, 0)
    until(lambda: status(scene, "sglang") == 503, "requests get 503")
    scene.scale(SGLANG, 1)
    until(lambda: status(scene, "sglang") == 200, "it answers again")
    assert controller.engines() == ["sglang", "vllm"]
    assert controller.logged("removed", before) == []


def test_a_changed_owner_changes_the_routes(controller: Controlled, client: Client) -> None:
    scene = controller.scene
    label = {"spec": {"template": {"metadata": {"annotations": {"llm-d.ai/owned-by": "team-a"}}}}}
    scene.kubectl("patch", "deployment", SGLANG, "-p", json.dumps(label))
    controller.wait("team-a", "vllm")
    assert (status(scene, "team-a"), status(scene, "sglang")) == (200, 404)
    label["spec"]["template"]["metadata"]["annotations"]["llm-d.ai/owned-by"] = None  # type: ignore[assignment]
    scene.kubectl("patch", "deployment", SGLANG, "-p", json.dumps(label))
    controller.wait("sglang", "vllm")


def test_fields_and_objects_of_others_stay(controller: Controlled, client: Client) -> None:
    """The controller changes neither fields of other managers nor objects that it does not manage."""
    scene = controller.scene
    scene.kubectl("annotate", "httproute", NAME, "reviewed=yes")
    other: Obj = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "spec": {}}
    other["metadata"] = {"name": "other", "namespace": HOME, "labels": {"app.kubernetes.io/managed-by": "llmd-routes"}}
    scene.apply(json.dumps(other))
    before = len(controller.lines())
    place = "/metadata/labels/app.kubernetes.io~1managed-by"
    scene.kubectl(
        "patch", "httproute", NAME, "--type=json", "-p", json.dumps([{"op": "replace", "path": place, "value": "me"}])
    )
    until(lambda: controller.logged("belongs to field manager kubectl-patch", before), "the conflict is logged")
    assert scene.get("httproutes", NAME)["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "me"
    scene.kubectl(
        "patch",
        "httproute",
        NAME,
        "--type=json",
        "-p",
        json.dumps([{"op": "replace", "path": place, "value": "llmd-routes"}]),
    )
    until(lambda: controller.logged("no longer: metadata.labels", before), "it is logged that the conflict is gone")
    assert scene.get("httproutes", NAME)["metadata"]["annotations"]["reviewed"] == "yes"
    scene.kubectl("delete", "httproute", "other")


def test_a_deleted_route_is_made_again(controller: Controlled) -> None:
    scene = controller.scene
    scene.kubectl("delete", "httproute", NAME)
    controller.wait("sglang", "vllm")
    assert status(scene, "sglang") == 200


def test_more_than_half_of_the_routes_stay(controller: Controlled) -> None:
    """Both engines are deleted at once: their routes stay, and requests get 503."""
    scene = controller.scene
    before = len(controller.lines())
    deployments = [saved(scene, "deployment", name) for name in (SGLANG, VLLM)]
    scene.kubectl("delete", "deployment", SGLANG, VLLM, "--wait=false")
    until(lambda: controller.logged("2 of 2 routes would be removed within a minute", before), "that is logged")
    assert controller.engines() == ["sglang", "vllm"]
    assert len(pools(scene)) == 2
    scene.apply("\n---\n".join(deployments))
    until(lambda: controller.logged("no longer: 2 of 2 routes", before), "it is logged that they are back")
    scene.settle()
    assert (status(scene, "sglang"), status(scene, "vllm")) == (200, 200)


def test_what_changes_while_the_server_is_away_follows(controller: Controlled, client: Client) -> None:
    scene = controller.scene
    before = len(controller.lines())
    controller.cut()
    deployment = saved(scene, "deployment", SGLANG)
    scene.kubectl("delete", "deployment", SGLANG)
    until(lambda: controller.logged("cannot be followed", before), "that is logged")
    assert controller.engines() == ["sglang", "vllm"]
    controller.mend()
    controller.wait("vllm")
    scene.apply(deployment)
    controller.wait("sglang", "vllm")
    until(lambda: controller.logged("no longer: cannot be followed", before), "that is logged too")


def test_a_killed_controller_goes_on(controller: Controlled, client: Client) -> None:
    """It is killed after a change, wherever it is then, several times; the state at the end is complete."""
    scene = controller.scene
    deployment = saved(scene, "deployment", SGLANG)
    for number in range(4):
        if number % 2:
            scene.apply(deployment)
        else:
            scene.kubectl("delete", "deployment", SGLANG)
        wanted = 1 + number % 2
        until(lambda: len(pools(scene)) == wanted, "it has begun to follow")  # noqa: B023
        controller.kill()
        controller.again()
    controller.wait("sglang", "vllm")
    assert len(pools(scene)) == 2
    assert status(scene, "sglang") == 200


def test_a_restarted_api_server_is_followed(controller: Controlled, client: Client) -> None:
    """It is killed and started again; a deletion after that is seen, and nothing else changes."""
    scene = controller.scene
    before = len(controller.lines())
    deployment = saved(scene, "deployment", SGLANG)
    scene.cluster.bench.api.restart()
    scene.kubectl("delete", "deployment", SGLANG)
    controller.wait("vllm")
    scene.apply(deployment)
    controller.wait("sglang", "vllm")
    assert [line for line in controller.logged("removed", before) if "sglang" not in line["object"]] == []


def test_an_engine_that_loses_its_labels(controller: Controlled, client: Client) -> None:
    """Its pods have other labels than its pool selects: the pool follows, and the engine answers again."""
    scene = controller.scene
    deployment = saved(scene, "deployment", SGLANG)
    changed = json.loads(deployment)
    for place in (changed["spec"]["selector"]["matchLabels"], changed["spec"]["template"]["metadata"]["labels"]):
        place.clear()
        place["app"] = "sglang"
    scene.kubectl("delete", "deployment", SGLANG)
    scene.apply(json.dumps(changed))
    selector = {"matchLabels": {"app": "sglang"}}
    until(
        lambda: [pool for pool in scene.get(POOLS)["items"] if pool["spec"]["selector"] == selector],
        "the pool selects the new labels",
    )
    until(lambda: status(scene, "sglang") == 200, "the engine answers")
    scene.kubectl("delete", "deployment", SGLANG)
    scene.apply(deployment)
    until(
        lambda: not [pool for pool in scene.get(POOLS)["items"] if pool["spec"]["selector"] == selector],
        "the pool selects the previous labels",
    )
    until(lambda: status(scene, "sglang") == 200, "the engine answers")


@pytest.fixture
def pair(controller: Controlled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Controlled, Controlled]]:
    """Two controllers with a Lease, the leader first."""
    controller.kill()
    folders = [tmp_path_factory.mktemp("candidate") for _ in range(2)]
    with (
        controlled(controller.scene, folders[0], "--lease", "pair") as first,
        controlled(controller.scene, folders[1], "--lease", "pair") as second,
    ):
        until(lambda: any(leads(each) for each in (first, second)), "one of them leads")
        yield (first, second) if leads(first) else (second, first)
    controller.again()


def leads(controller: Controlled) -> bool:
    """Return whether a controller has compared routes: it logs a warning about the guide's pools."""
    return bool(controller.logged("carry the same labels"))


@pytest.mark.parametrize("delay", [0.0, 0.3, 0.6])
def test_a_leader_that_stands_still_writes_nothing_later(
    pair: tuple[Controlled, Controlled], client: Client, delay: float
) -> None:
    """For a moment two of them believe to lead: the stopped one continues where it was, after the other has begun."""
    leader, other = pair
    scene = leader.scene
    deployment = saved(scene, "deployment", SGLANG)
    scene.kubectl("delete", "deployment", SGLANG)
    time.sleep(delay)
    with leader.stopped():
        other.wait("vllm")
        until(lambda: pools(scene) == ["gaie-vllm-qwen2-5-0-5b"], "the other one has removed the pool")
        scene.apply(deployment)
        other.wait("sglang", "vllm")
        until(lambda: len(pools(scene)) == 2, "and has made it again")
        before = len(leader.lines())
    time.sleep(3)
    assert [line for line in leader.lines()[before:] if line["message"] in ("applied", "removed")] == []
    assert (other.engines(), len(pools(scene))) == (["sglang", "vllm"], 2)


@pytest.mark.parametrize("delay", [0.0, 0.3, 0.6])
def test_another_one_completes_what_a_killed_leader_began(
    pair: tuple[Controlled, Controlled], client: Client, delay: float
) -> None:
    leader, other = pair
    scene = leader.scene
    deployment = saved(scene, "deployment", SGLANG)
    scene.kubectl("delete", "deployment", SGLANG)
    time.sleep(delay)
    leader.kill()
    other.wait("vllm")
    until(lambda: pools(scene) == ["gaie-vllm-qwen2-5-0-5b"], "the pool is removed")
    scene.apply(deployment)
    other.wait("sglang", "vllm")
    assert status(scene, "sglang") == 200
    leader.again()


def test_objects_that_kubectl_applied_are_taken_over_as_the_page_says(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = "taken-over"
    folder = tmp_path_factory.mktemp("controller")
    with open_scene(cluster, "two-engines", home) as scene:
        scene.apply(scene.generate("--path-prefix", "/old/v1"))
        with controlled(scene, folder) as refused:
            until(lambda: refused.logged("belongs to field manager kubectl-client-side-apply"), "that is logged")
        (command,) = [
            line.strip() for line in PAGE.read_text(encoding="utf-8").splitlines() if "--force-conflicts" in line
        ]
        command = command.replace("-n llm", f"-n {home} --gateway {home}/inference-gateway")
        done = user_shell(f"set -o pipefail; {command}", cluster.bench, folder)
        assert done.returncode == 0, (shlex.quote(command), done.stderr)
        (folder / "controller.log").unlink()
        with controlled(scene, folder) as started:
            started.wait("sglang", "vllm")
            scene.kubectl("delete", "deployment", SGLANG)
            started.wait("vllm")
            assert started.logged("belongs to") == []
