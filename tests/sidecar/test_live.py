"""What is served now, from files, pods, and what engines tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes_sidecar.catalog import Access, Catalog, Model, Pods, Service
from llmd_routes_sidecar.engine_models import MOST_MODELS
from llmd_routes_sidecar.live import Silence, Told, live, targets
from llmd_routes_sidecar.pods import Pod, PodIndex, Target
from llmd_routes_sidecar.served import Served

Obj = dict[str, Any]
POOL = Pods(namespace="llm", selector={"app": "vllm"}, ports=(8000,))
OTHER = POOL.model_copy(update={"selector": {"app": "sglang"}, "access": Access(verify=False)})
CATALOG = Catalog(
    services=(
        Service(owned_by="vllm", models=(Model(id="m", is_default=True), Model(id="adapter")), pods=POOL),
        Service(owned_by="sglang", models=(Model(id="m"),), pods=OTHER),
        Service(owned_by="tgi", models=(Model(id="t"),)),
    )
)
BASE: Obj = {"m": {"created": 5, "root": "org/m", "max_model_len": 10}}


def pod(number: int, app: str = "vllm", ready: bool = True) -> Pod:
    return Pod("llm", f"{app}-{number}", f"10.0.0.{number}", ready, frozenset({("app", app)}))


def at(number: int, access: Access | None = None) -> Target:
    return Target("http", f"10.0.0.{number}", 8000, access)


def now(*pods: Pod, told: Mapping[Target, Told] | None = None, before: Served | None = None) -> Served:
    return live(CATALOG, PodIndex({"llm": pods}), told or {}, before or Served())


def more(served: Served) -> dict[tuple[str, str], Obj]:
    return {entry.key: dict(entry.more) for entry in (*served.entries, *served.unrouted)}


def test_without_pods_nobody_knows() -> None:
    blind = live(CATALOG, PodIndex({}), {}, Served())
    assert blind.entries == CATALOG.entries
    assert set(map(str, more(blind).values())) == {"{}"}


def test_pods_that_are_gone_leave_their_entries() -> None:
    found = more(now())
    assert found[("m", "vllm")] == found[("m", "sglang")] == found[("adapter", "vllm")] == {"available": False}
    assert found[("t", "tgi")] == {}  # its pods are not in the files


def test_what_an_engine_tells_is_told_on() -> None:
    served = now(pod(1), told={at(1): BASE})
    found = more(served)
    assert found[("m", "vllm")] == {"created": 5, "root": "org/m", "max_model_len": 10, "available": True}
    assert found[("adapter", "vllm")] == {"available": False}
    assert [entry.is_default for entry in served.entries] == [False, False, True, False]


def test_a_name_that_a_picker_replaces_is_available_as_what_it_becomes() -> None:
    models = (Model(id="chat", served_as=("m", "other")), Model(id="lost", served_as=("x",)))
    catalog = Catalog(services=(Service(owned_by="vllm", models=models, pods=POOL),))
    found = more(live(catalog, PodIndex({"llm": (pod(1),)}), {at(1): BASE}, Served()))
    assert found[("chat", "vllm")] == {"available": True}
    assert found[("lost", "vllm")] == {"available": False}


def test_an_engine_that_was_not_asked_yet_or_does_not_tell_is_as_its_pod_is() -> None:
    for told in ({}, {at(1): Silence.REFUSED}):
        assert more(now(pod(1), told=told))[("m", "vllm")] == {"available": True}
        assert more(now(pod(1, ready=False), told=told))[("m", "vllm")] == {"available": False}
    assert more(now(pod(1), told={at(1): Silence.WRONG}))[("m", "vllm")] == {"available": False}


def test_a_pod_that_is_not_ready_serves_nothing() -> None:
    found = more(now(pod(1, ready=False), told={at(1): {**BASE, "new": {}}}))
    assert found[("m", "vllm")]["available"] is False and ("new", "vllm") not in found


def test_one_pod_that_serves_is_enough() -> None:
    told: dict[Target, Told] = {at(1): Silence.WRONG, at(2): {}, at(3): BASE}
    assert more(now(pod(1), pod(2), pod(3), told=told))[("m", "vllm")]["available"] is True


def test_what_was_loaded_since_is_listed_and_not_routed() -> None:
    served = now(pod(1), told={at(1): {**BASE, "new": {"created": 9, "parent": "m"}}})
    (new,) = served.unrouted
    assert new.key == ("new", "vllm")
    assert new.more == {"created": 9, "parent": "m", "available": True, "routed": False}
    assert now(before=served).unrouted == ()


def test_what_was_told_first_and_last_is_remembered() -> None:
    first = now(pod(1), told={at(1): BASE})
    later = now(pod(1), told={at(1): {"m": {"created": 99, "root": "org/n"}}}, before=first)
    assert more(later)[("m", "vllm")] == {"created": 5, "root": "org/n", "available": True}
    gone = now(before=later)
    assert more(gone)[("m", "vllm")] == {"created": 5, "root": "org/n", "available": False}


def test_each_pod_of_a_pool_is_asked_and_no_other() -> None:
    stranger = pod(3)._replace(namespace="other")
    index = PodIndex({"llm": [pod(1), pod(2, "sglang")], "other": [stranger]})
    assert targets(CATALOG, index) == {at(1), at(2, OTHER.access)}


PODS = st.lists(
    st.builds(pod, st.integers(1, 5), st.sampled_from(["vllm", "sglang", "x"]), st.booleans()),
    unique_by=lambda one: one.address,
)
ANSWERS = st.sampled_from([Silence.REFUSED, Silence.WRONG, {}, BASE, {"adapter": {}}, {"new": {"created": 1}}])


@given(PODS, st.dictionaries(st.integers(1, 5), ANSWERS), PODS)
def test_the_catalog_is_always_listed_and_nothing_without_a_pod(
    pods: list[Pod], answers: dict[int, Told], earlier: list[Pod]
) -> None:
    told = {at(number, access): said for number, said in answers.items() for access in (None, OTHER.access)}
    served = now(*pods, told=told, before=now(*earlier, told=told))
    assert [entry.key for entry in served.entries] == [entry.key for entry in CATALOG.entries]
    ready = {dict(one.labels)["app"] for one in pods if one.ready}
    for entry in (*served.entries, *served.unrouted):
        assert not entry.more.get("available") or entry.owned_by in ready
        assert ("routed" in entry.more) is (entry in served.unrouted)
    keys = [entry.key for entry in served.unrouted]
    assert keys == sorted(set(keys)) and not set(keys) & {entry.key for entry in served.entries}


def test_pods_that_tell_of_many_models_take_a_bounded_part_of_the_list() -> None:
    """However many pods a service has; what other engines serve stays."""
    names: list[dict[str, Obj]] = [{f"x-{number}-{name}": {} for name in range(MOST_MODELS)} for number in (1, 2, 3)]
    told = {at(number): said for number, said in enumerate(names, start=1)}
    served = now(*(pod(number) for number in (1, 2, 3)), pod(9, "sglang"), told={**told, at(9, OTHER.access): BASE})
    assert len(served.unrouted) == MOST_MODELS
    assert more(served)[("m", "sglang")] == {**BASE["m"], "available": True}
