"""One service among the pods of all others."""

from __future__ import annotations

from llmd_routes.inventory.chart_values import ROUTER_VALUES
from llmd_routes.inventory.selectors import Templates
from llmd_routes.inventory.separation import Separation
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import PodTemplate, Pool
from llmd_routes.names import POOL_V1

NAMES = ("a", "b", "job")
TEMPLATES = [PodTemplate(Ref("ns", "Deployment", name), {"app": name}) for name in NAMES]
INDEX = Templates(TEMPLATES)
OWN, ALL = INDEX.mask(TEMPLATES[:1]), INDEX.mask(TEMPLATES)


def pool(name: str, *ports: int, instance: str | None = None) -> Pool:
    return Pool(
        Ref("ns", "InferencePool", name),
        "ns",
        POOL_V1,
        {},
        ports,
        None,
        9002,
        "FailOpen",
        None,
        instance,
        ROUTER_VALUES,
    )


def separation(*touching: tuple[Pool, int]) -> Separation:
    owners = {TEMPLATES[0].owner: 0, TEMPLATES[1].owner: 1}
    return Separation(OWN, INDEX, touching, owners, ("first", "second"), 0)


def test_others_are_services_and_strangers_are_not() -> None:
    assert separation().others(ALL) == ["second"]
    assert separation().strangers(ALL) == ["Deployment/job"]
    assert separation().others(OWN) == separation().strangers(OWN) == []


def test_of_pools_that_take_exactly_it_the_right_ports_count_then_that_others_made_it() -> None:
    wide, wrong, ours, right = pool("wide", 1), pool("wrong", 2), pool("ours", 1, instance="i"), pool("right", 1)
    assert separation((wide, ALL)).exact_pool((1,)) is None
    assert separation((wide, ALL), (wrong, OWN)).exact_pool((1,)) is wrong
    assert separation((wrong, OWN), (ours, OWN), (right, OWN)).exact_pool((1,)) is right
    assert separation((wrong, OWN), (ours, OWN)).exact_pool((1,)) is ours
