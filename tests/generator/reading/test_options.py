"""Options that no API server would take, and those that are left alone."""

from __future__ import annotations

import pytest

from llmd_routes.model.options import Options
from tests.generator.options import to_options

LEFT_ALONE = [
    to_options(),
    to_options(path_prefixes=("/",)),
    to_options(path_prefixes=("/v1", "/v2/", "/a%20b")),
    to_options(hostnames=("llm.example.com", "*.example.com")),
    to_options(instance="llm.gateway-1"),
    to_options(timeout="1h30m"),
    to_options(timeout="0s"),
]
REFUSED = [
    (to_options(gateways=("a", "a")), "--gateway a: given twice"),
    (to_options(path_prefixes=("/v1", "/v1/")), "--path-prefix /v1: given twice"),
    (to_options(path_prefixes=("v1",)), "--path-prefix v1: invalid path"),
    (to_options(path_prefixes=("/a//b",)), "--path-prefix /a//b: invalid path"),
    (to_options(path_prefixes=("/a/..",)), "--path-prefix /a/..: invalid path"),
    (to_options(path_prefixes=("/a b",)), "--path-prefix /a b: invalid path"),
    (to_options(path_prefixes=tuple(f"/{n}" for n in range(9))), "--path-prefix: 9 values"),
    (to_options(hostnames=("llm.example.com:80",)), "--hostname llm.example.com:80: invalid host name"),
    (to_options(hostnames=("LLM.example.com",)), "--hostname LLM.example.com: invalid host name"),
    (to_options(hostnames=("10.0.0.1",)), "--hostname 10.0.0.1: invalid host name"),
    (to_options(hostnames=tuple(f"h{n}" for n in range(17))), "--hostname: 17 values"),
    (to_options(instance="A"), "--instance A: invalid instance name"),
    (to_options(instance="a" * 64), f"--instance {'a' * 64}: invalid instance name"),
    (to_options(epp="deploy", epp_image="a b"), "--epp-image 'a b': invalid image"),
    (to_options(timeout="90"), "--route-timeout 90: invalid Gateway API duration"),
    (to_options(timeout="1.5s"), "--route-timeout 1.5s: invalid Gateway API duration"),
]


@pytest.mark.parametrize("options", LEFT_ALONE, ids=str)
def test_left_alone(options: Options) -> None:
    assert options.problems == ()


@pytest.mark.parametrize(("options", "start"), REFUSED, ids=[row[1] for row in REFUSED])
def test_refused(options: Options, start: str) -> None:
    (problem,) = options.problems
    assert problem.startswith(start)


def test_all_problems_at_once() -> None:
    assert len(to_options(timeout="x", path_prefixes=("x",), hostnames=("x:1",), instance="-").problems) == 4
