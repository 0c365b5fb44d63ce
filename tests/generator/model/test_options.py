"""Options that no API server would take, and those that are left alone."""

from __future__ import annotations

import pytest

from llmd_routes.model.options import Options, problems_of

LEFT_ALONE = [
    Options(),
    Options(path_prefixes=("/",)),
    Options(path_prefixes=("/v1", "/v2/", "/a%20b")),
    Options(hostnames=("llm.example.com", "*.example.com")),
    Options(instance="llm.gateway-1"),
    Options(timeout="1h30m"),
    Options(timeout="0s"),
]
REFUSED = [
    (Options(gateways=("a", "a")), "--gateway a: given twice"),
    (Options(path_prefixes=("/v1", "/v1/")), "--path-prefix /v1: given twice"),
    (Options(path_prefixes=("v1",)), "--path-prefix v1: no path"),
    (Options(path_prefixes=("/a//b",)), "--path-prefix /a//b: no path"),
    (Options(path_prefixes=("/a/..",)), "--path-prefix /a/..: no path"),
    (Options(path_prefixes=("/a b",)), "--path-prefix /a b: no path"),
    (Options(path_prefixes=tuple(f"/{n}" for n in range(9))), "--path-prefix: 9 given"),
    (Options(hostnames=("llm.example.com:80",)), "--hostname llm.example.com:80: no host name"),
    (Options(hostnames=("LLM.example.com",)), "--hostname LLM.example.com: no host name"),
    (Options(hostnames=("10.0.0.1",)), "--hostname 10.0.0.1: no host name"),
    (Options(hostnames=tuple(f"h{n}" for n in range(17))), "--hostname: 17 given"),
    (Options(instance="A"), "--instance A: names HTTPRoutes"),
    (Options(instance="a" * 64), f"--instance {'a' * 64}: names"),
    (Options(epp_image="x"), "--epp-image: is about endpoint pickers that are made; give --epp deploy too"),
    (Options(epp_config="x"), "--epp-config: is about endpoint pickers that are made; give --epp deploy too"),
    (Options(epp="deploy", epp_image="a b"), "--epp-image 'a b': no image"),
    (Options(timeout="90"), "--timeout 90: no duration"),
    (Options(timeout="1.5s"), "--timeout 1.5s: no duration"),
]


@pytest.mark.parametrize("options", LEFT_ALONE, ids=str)
def test_left_alone(options: Options) -> None:
    assert problems_of(options) == []


@pytest.mark.parametrize(("options", "start"), REFUSED, ids=[row[1] for row in REFUSED])
def test_refused(options: Options, start: str) -> None:
    (problem,) = problems_of(options)
    assert problem.startswith(start)


def test_all_problems_at_once() -> None:
    assert len(problems_of(Options(timeout="x", path_prefixes=("x",), hostnames=("x:1",), instance="-"))) == 4
