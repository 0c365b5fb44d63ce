"""What operators may change, and what that makes of the settings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes_sidecar.catalog import Catalog, Model, Service
from llmd_routes_sidecar.routing import Pair, RefusedError, Routing

Obj = dict[str, Any]
VLLM, SGLANG = "llm/Deployment/vllm-decode", "llm/Deployment/sglang-decode"


def service(key: str, owner: str, *models: str, **more: Any) -> Service:
    return Service(
        owned_by=owner, models=tuple(Model(id=m) for m in models), pool=more.pop("pool", owner), keys=(key,), **more
    )


CATALOG = Catalog(services=(service(VLLM, "vllm", "m", "chat"), service(SGLANG, "sglang", "m")))


def routing(user: Obj | None = None, operators: Obj | None = None, catalog: Catalog = CATALOG) -> Routing:
    return Routing(catalog, user or {}, operators or {})


def facts(settings: Obj, key: str) -> tuple[list[str], list[str]]:
    """Return the added and the removed models."""
    found = settings["modelServices"][key]
    return found["addModels"], found["removeModels"]


def refused(make: Any, pair: Pair) -> tuple[int, str]:
    with pytest.raises(RefusedError) as caught:
        make(pair)
    return caught.value.status, str(caught.value)


def test_the_routes_of_a_catalog() -> None:
    assert routing().pairs() == [("chat", "vllm", "vllm"), ("m", "sglang", "sglang"), ("m", "vllm", "vllm")]
    chosen = routing({"defaults": {"m": "vllm", "*": "sglang"}}, {"defaults": {"chat": "tgi"}})
    assert chosen.pairs()[-1] == ("m", None, "vllm")
    assert routing(catalog=Catalog(services=(Service(owned_by="x", models=(Model(id="m"),)),))).pairs() == []


def test_a_removed_route_can_be_added_again() -> None:
    removed = routing().removed(Pair("m", "SGLang"))
    assert facts(removed, SGLANG) == ([], ["m"])
    after = routing(operators=removed)
    assert after.pairs() == [("chat", "vllm", "vllm"), ("m", "vllm", "vllm")]
    assert refused(after.removed, Pair("m", "sglang")) == (
        404,
        "Mapping not found for model 'm' with owned_by 'sglang'",
    )
    # The catalog follows a moment later, or has followed already: the settings are the same.
    later = Catalog(services=(CATALOG.services[0], service(SGLANG, "sglang", removed=("m",))))
    for catalog in (CATALOG, later):
        again = routing({}, removed, catalog).added(Pair("m", "sglang", "sglang"))
        assert facts(again, SGLANG) == ([], [])
        assert routing({}, again, catalog).pairs() == routing().pairs()


@pytest.mark.parametrize("name", ["vllm", "vllm-decode", VLLM])
def test_a_new_name_of_a_service(name: str) -> None:
    added = routing().added(Pair("adapter", "vllm", name))
    assert facts(added, VLLM) == (["adapter"], [])
    assert ("adapter", "vllm", "vllm") in routing(operators=added).pairs()
    later = Catalog(services=(service(VLLM, "vllm", "m", "chat", "adapter", added=("adapter",)), CATALOG.services[1]))
    for catalog in (CATALOG, later):
        assert facts(routing({}, added, catalog).removed(Pair("adapter", "vllm")), VLLM) == ([], [])


def test_pieces_of_a_catalog_are_one_service() -> None:
    pieces = Catalog(services=(service(VLLM, "vllm", "a"), service(VLLM, "vllm", "b")))
    assert [pair.model for pair in routing(catalog=pieces).pairs()] == ["a", "b"]


def test_settings_of_the_user_count_under_any_key() -> None:
    user = {"modelServices": {"Deployment/vllm-decode": {"addModels": ["x"], "removeModels": ["chat"]}}}
    asked = routing(user)
    assert [pair.model for pair in asked.pairs() if pair.owned_by == "vllm"] == ["m", "x"]
    assert refused(asked.added, Pair("chat", "vllm", "vllm"))[0] == 409
    assert facts(asked.removed(Pair("x", "vllm")), VLLM) == ([], ["x"])


@pytest.mark.parametrize(
    ("pair", "status", "words"),
    [
        (Pair("m", "vllm", "vllm"), 400, "Mapping already exists for model 'm' with owned_by 'vllm'"),
        (Pair("new", "vllm", "nosuch"), 400, "no ModelService has the service_name nosuch; use one of sglang, vllm"),
        (Pair("new", "tgi", "vllm"), 400, f"vllm serves as vllm, not as tgi; set ownedBy of {VLLM} in the settings"),
        (Pair("n\u00e9w", "vllm", "vllm"), 400, "cannot be a header value"),
        (Pair("new", None, "vllm"), 400, "vllm has no route for new; add it with owned_by vllm first"),
    ],
)
def test_routes_that_cannot_be_added(pair: Pair, status: int, words: str) -> None:
    found, reason = refused(routing().added, pair)
    assert found == status
    assert words in reason


def test_a_name_of_two_services_is_not_guessed() -> None:
    twins = Catalog(services=(service("a/Deployment/x", "v", "m"), service("b/Deployment/x", "s", "m")))
    status, reason = refused(routing(catalog=twins).added, Pair("n", "v", "x"))
    assert (status, reason) == (
        400,
        "service_name x means several ModelServices; use one of a/Deployment/x, b/Deployment/x",
    )


def test_the_engine_for_requests_that_name_none() -> None:
    chosen = routing().added(Pair("m", None, "sglang"))
    assert chosen["defaults"] == {"m": "sglang"}
    after = routing(operators=chosen)
    assert after.pairs()[-1] == ("m", None, "sglang")
    assert refused(after.added, Pair("m", None, "vllm")) == (
        400,
        "Mapping already exists for model 'm' with owned_by 'None'",
    )
    assert after.removed(Pair("m", None))["defaults"] == {}
    assert after.removed(Pair("m", "sglang"))["defaults"] == {}, "the route of a default is removed with it"
    assert refused(routing().removed, Pair("m", None))[0] == 404


@pytest.mark.parametrize(
    "user",
    [
        {"splits": {"m": {"vllm": 1, "sglang": 1}}},
        {"splits": {"*": {"vllm": 1, "sglang": 1}}},
        {"split": ["vllm=1,sglang=1"]},
        {"defaultEngine": "m=vllm"},
        {"defaults": {"m": "vllm"}},
    ],
)
def test_settings_of_the_user_decide_on_the_default(user: Obj) -> None:
    assert refused(routing(user).added, Pair("m", None, "sglang"))[0] in (400, 409)


@pytest.mark.parametrize(
    "user",
    [
        {"splits": {"m": {"vllm": 1, "sglang": 1}}},
        {"split": "vllm=1,sglang=1"},
        {"defaultEngine": ["m=SGLang"]},
        {"defaultEngine": ["sglang"]},
        {"defaults": {"m": "sglang"}},
        {"defaults": {"*": "sglang"}},
    ],
)
def test_a_route_that_other_settings_require_stays(user: Obj) -> None:
    """Without it the settings would be invalid, and the controller would change nothing any more."""
    status, reason = refused(routing(user).removed, Pair("m", "sglang"))
    assert status == 409
    assert "change them in the controller's own settings first" in reason


def test_the_last_route_stays() -> None:
    alone = Catalog(services=(service(VLLM, "vllm", "m"),))
    assert refused(routing(catalog=alone).removed, Pair("m", "vllm"))[0] == 409


MODELS, OWNERS = ("m", "chat", "new"), ("vllm", "sglang", None)


@given(
    st.lists(st.tuples(st.booleans(), st.sampled_from(MODELS), st.sampled_from(OWNERS), st.sampled_from(OWNERS[:2])))
)
def test_what_was_answered_is_what_the_settings_say(requests: list[tuple[bool, str, str | None, str]]) -> None:
    """Any sequence of requests: added routes exist, removed ones do not, and refused requests change nothing."""
    operators: Obj = {}
    for is_added, model, owner, name in requests:
        now = routing(operators=operators)
        before = {(pair.model, pair.owned_by) for pair in now.pairs()}
        pair = Pair(model, owner, name)
        try:
            operators = now.added(pair) if is_added else now.removed(pair)
        except RefusedError:
            continue
        after = {(each.model, each.owned_by) for each in routing(operators=operators).pairs()}
        gone = {(model, None)} if not is_added else set()
        expected = before | {(model, owner)} if is_added else before - {(model, owner)}
        assert expected - gone <= after <= expected
        assert any(each[1] for each in after)
