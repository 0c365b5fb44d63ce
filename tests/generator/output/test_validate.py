"""What must never be printed, and what is left alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from llmd_routes.output.validate import validate
from tests.generator.objects import Obj, pool

GUARD = {
    "matches": [
        {"path": {"value": "/v1"}, "headers": [{"name": "x-owned-by", "type": "RegularExpression", "value": ".+"}]}
    ]
}
BACKEND = {"backendRefs": [{"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "p"}]}


def match(path: str = "/v1", **headers: str) -> Obj:
    named = {"model": "x-gateway-model-name", "owner": "x-owned-by"}
    return {"path": {"value": path}, "headers": [{"name": named[k], "value": v} for k, v in headers.items()]}


def route(*rules: Obj, name: str = "r") -> Obj:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": name, "namespace": "ns", "labels": {"llmd-routes/instance": "ns.gw"}},
        "spec": {"parentRefs": [{"name": "gw"}], "rules": list(rules)},
    }


GOOD = route(GUARD, {"matches": [match(model="m", owner="vllm"), match(model="m")], **BACKEND})


def changed(change: Callable[[Any], object]) -> Obj:
    made = copy.deepcopy(GOOD)
    change(made)
    return made


def many(rules: int, matches: int) -> Obj:
    return route(
        GUARD, *({"matches": [match(model=f"m{r}-{m}") for m in range(matches)], **BACKEND} for r in range(rules))
    )


LEFT_ALONE = [
    [GOOD],
    [GOOD, pool("p", {"a": "b"}, 8000)],
    [GOOD, route(GUARD, name="other")],
    [many(1, 64)],
    [many(15, 8)],
]
FOUND = [
    ([changed(lambda o: o["metadata"].update(name="A"))], "HTTPRoute ns/A: name 'A' is not a DNS subdomain"),
    ([changed(lambda o: o["metadata"].update(namespace="a.b"))], "HTTPRoute a.b/r: namespace 'a.b' is not a DNS label"),
    (
        [changed(lambda o: o["metadata"]["labels"].update(a="b/c"))],
        "HTTPRoute ns/r: label a has the value 'b/c', which is not a valid label value",
    ),
    ([pool("p", {"app": "a b"}, 80)], "InferencePool ns/p: selects by app='a b', which is not a valid label"),
    ([pool("p", {"a b": "c"}, 80)], "InferencePool ns/p: selects by a b='c', which is not a valid label"),
    (
        [pool("p", {"a/b/c": "d" * 63}, 80)],
        f"InferencePool ns/p: selects by a/b/c={'d' * 63!r}, which is not a valid label",
    ),
    ([many(16, 1)], "HTTPRoute ns/r: has 17 rules, the API takes 16"),
    ([many(1, 65)], "HTTPRoute ns/r: has a rule of 65 matches, the API takes 64"),
    ([many(2, 64)], "HTTPRoute ns/r: has 129 matches, the API takes 128"),
    (
        [changed(lambda o: o["spec"].update(parentRefs=[{"name": f"g{n}"} for n in range(33)]))],
        "HTTPRoute ns/r: has 33 parentRefs, the API takes 32",
    ),
    (
        [route(GUARD, {"matches": [match(model="a  b")], **BACKEND})],
        "HTTPRoute ns/r: header x-gateway-model-name is matched with 'a  b', which is not a valid header value",
    ),
    (
        [route({"matches": [match(model="m")], **BACKEND}, GUARD)],
        "HTTPRoute ns/r: rule 1 serves m under /v1 to requests that name an unknown engine",
    ),
    (
        [route(GUARD, {"matches": [match("/v2", model="m")], **BACKEND})],
        "HTTPRoute ns/r: rule 2 serves m under /v2 to requests that name an unknown engine",
    ),
    (
        [route({**GUARD, **BACKEND}, {"matches": [match()], **BACKEND})],
        "HTTPRoute ns/r: rule 2 serves every model under /v1 to requests that name an unknown engine",
    ),
    (
        [route(GUARD, {"name": "x", "matches": [match()], **BACKEND})],
        "HTTPRoute ns/r: has a rule with a name and backends",
    ),
    (
        [route(GUARD, {"matches": [match(model="${m}")], **BACKEND})],
        "HTTPRoute ns/r: holds '${m}': ${ is replaced by Flux and envsubst",
    ),
    (
        [GOOD, {**GOOD, "spec": {"rules": [GUARD]}}],
        "HTTPRoute ns/r: is printed twice",
    ),
    (
        [GOOD, route(GUARD, {"matches": [match(model="m", owner="vllm")], **BACKEND}, name="s")],
        "HTTPRoute ns/s: matches /v1 x-gateway-model-name=m x-owned-by=vllm, as another rule does",
    ),
]


@pytest.mark.parametrize("objects", LEFT_ALONE)
def test_left_alone(objects: list[Obj]) -> None:
    assert validate(objects) == []


def test_a_match_may_ignore_the_engine_where_a_notice_reports_it() -> None:
    objects = [route({"matches": [match(model="m")], **BACKEND})]
    assert (len(validate(objects)), validate(objects, unguarded=True)) == (1, [])


@pytest.mark.parametrize(("objects", "finding"), FOUND, ids=[row[1][:60] for row in FOUND])
def test_found(objects: list[Obj], finding: str) -> None:
    assert [str(found) for found in validate(objects)] == [finding]
