"""The way of every command: what is read, planned, rendered and checked, and what stops it."""

from __future__ import annotations

import pytest

from llmd_routes.errors import InputError, NothingToRoute, PlanError
from llmd_routes.inventory.overrides import Corrections
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Ref
from llmd_routes.notices import Notice
from llmd_routes.pipeline import emit
from llmd_routes.reading.merge import Reading
from llmd_routes.reading.prepared import Prepared
from llmd_routes.reading.settings import Settings
from tests.generator.objects import Obj, deployment, gateway, pool, vllm
from tests.generator.options import to_options

SCENE = [deployment("a", {"app": "a"}, vllm("m")), pool("a", {"app": "a"}, 8000), gateway()]


def prepared(*objects: Obj, conflicts: tuple[str, ...] = ()) -> Prepared:
    notice = Notice("not-listed", "x", "fact", "remedy")
    return Prepared(Reading(objects, conflicts=conflicts), Scope(assume=True), Corrections(), Settings(), (notice,))


def test_manifests_report_and_notices_come_together() -> None:
    made = emit(prepared(*SCENE), to_options())
    assert [manifest.obj["kind"] for manifest in made.manifests] == ["EnvoyFilter", "HTTPRoute"]
    assert made.instance == "ns.gw"
    assert "not-listed" in {each.code for each in made.notices}
    assert made.report[0].startswith("ModelService ns/a: m as vllm")


def test_problems_of_reading_and_of_planning_are_told_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        emit(prepared(SCENE[0], conflicts=("a conflict",)), to_options(body_limit="x"))
    assert caught.value.lines[0] == "a conflict"
    assert any("--buffer-limit x: invalid size" in line for line in caught.value.lines)
    assert any("the input contains no Gateway" in line for line in caught.value.lines)
    with pytest.raises(InputError, match="a conflict"):
        emit(prepared(*SCENE, conflicts=("a conflict",)), to_options())


def test_only_services_of_ones_own_are_routed_and_others_are_told_apart_from() -> None:
    other = [deployment("b", {"app": "b"}, vllm("n")), pool("b", {"app": "b"}, 8000)]
    own = frozenset([Ref("", "Deployment", "a")])
    (made,) = (
        each for each in emit(prepared(*SCENE, *other), to_options(), own).manifests if each.obj["kind"] == "HTTPRoute"
    )
    names = [
        header["value"]
        for rule in made.obj["spec"]["rules"]
        for match in rule["matches"]
        for header in match.get("headers", [])
    ]
    assert "m" in names and "n" not in names
    with pytest.raises(NothingToRoute):
        emit(prepared(*SCENE), to_options(), frozenset())
    same = [deployment("b", {"app": "b"}, vllm("m")), pool("b", {"app": "b"}, 8000)]
    with pytest.raises(PlanError, match="both serve m as vllm"):
        emit(prepared(*SCENE, *same), to_options(), own)
