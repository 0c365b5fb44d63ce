"""The gateways that are measured: their filters, their routes, what they ask, and what they are asked."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from tests.envoy.authz import cluster as http_cluster
from tests.envoy.conftest import filter_of
from tests.envoy.process import address
from tests.envoy.sidecar import CLUSTER, emitted

from .peers import Asked

Obj = dict[str, Any]
MODEL = "Qwen/Qwen2.5-0.5B-Instruct"
PROSE = (
    "Machine learning is a field of study in which programs get better at a task by what they have seen, instead of by"
    " rules that people write down. A model is trained on examples, and then applied to new ones.\n\n"
    'People often say "deep learning" when they mean networks of many layers, which need more examples and more'
    " arithmetic than older methods, and do better where the input is an image, a sound or a text.\n\nExplain that to"
    " a child of twelve years, with an example from everyday life. "
)
# The variants that ask a process.
GO, EMPTY, EXT_PROC, EXT_AUTHZ = "Go processor", "empty ext_proc", "ext_proc", "ext_authz"
_EMPTY = "function envoy_on_request(h) local b = h:body() local text = b:getBytes(0, b:length()) end"
LIMIT = 4 * 1024 * 1024 - 64 * 1024


@dataclass(frozen=True)
class Variant:
    """A gateway to measure: its EnvoyFilter, its pairs of matches, what it asks, and the processes that count."""

    name: str
    envoy_filter: Obj | None
    pairs: int = 2
    clusters: tuple[Obj, ...] = ()
    processor: int | None = None


def body(size: int) -> bytes:
    """Return a chat of some turns, of about so many bytes."""
    messages: list[Obj] = []
    asked = {"model": MODEL, "owned_by": "vllm", "messages": messages, "max_tokens": 30}
    turns = 1 if size < 1000 else 8
    room = max(0, size - len(json.dumps(asked)) - turns * 40) // turns
    for turn in range(turns):
        text = (PROSE * (room // len(PROSE) + 1))[:room]
        messages.append({"role": ("user", "assistant")[turn % 2], "content": text})
    return json.dumps(asked).encode()


def routes(pairs: int) -> list[Obj]:
    """Return the routes that istiod makes of so many pairs; the requests are for the last."""
    models = [*(f"org/model-{number}" for number in range(pairs - 1)), MODEL]
    found: list[Obj] = [
        {
            "match": {
                "path_separated_prefix": "/v1",
                "headers": [_exact(MODEL_HEADER, model), _exact(OWNER_HEADER, "vllm")],
            },
            "route": {"cluster": "upstream", "timeout": "0s"},
        }
        for model in models
    ]
    return [*found, {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0s"}}]


def _exact(name: str, value: str) -> Obj:
    return {"name": name, "string_match": {"exact": value}}


def variants(asked: Mapping[str, Asked]) -> list[Variant]:
    """Return what is compared; `asked` has the processes that gateways ask, by the names of variants."""
    settings = Settings(body_limit=LIMIT)
    ours = filter_of(settings)
    return [
        Variant("no filter", None),
        Variant("no filter, 1,000 pairs", None, pairs=1000),
        Variant("empty filter", with_http_filter(ours, _lua(_EMPTY))),
        Variant("ours", ours),
        Variant("ours, 1,000 pairs", ours, pairs=1000),
        *(asking(name, process) for name, process in asked.items()),
    ]


def asking(name: str, asked: Asked) -> Variant:
    """Return a gateway that asks a process: the Go processor, the empty one, or one of our services."""
    settings = Settings(body_limit=LIMIT)
    if name == GO:
        cluster, envoy_filter = (
            _grpc_cluster(asked.port, "processor"),
            with_http_filter(filter_of(settings), _ext_proc()),
        )
    elif name == EXT_AUTHZ:
        cluster, envoy_filter = http_cluster(asked.port), emitted(settings, "ext-authz")
    else:
        cluster, envoy_filter = _grpc_cluster(asked.port, CLUSTER), emitted(settings)
    return Variant(name, envoy_filter, 2, (cluster,), asked.pid)


def with_http_filter(envoy_filter: Obj, value: Obj) -> Obj:
    """Return an EnvoyFilter of llmd-routes with another HTTP filter."""
    found = copy.deepcopy(envoy_filter)
    for patch in found["spec"]["configPatches"]:
        if patch["applyTo"] == "HTTP_FILTER":
            patch["patch"]["value"] = value
    return found


def _lua(program: str) -> Obj:
    kind = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua"
    return {"name": "lua", "typed_config": {"@type": kind, "default_source_code": {"inline_string": program}}}


def _ext_proc() -> Obj:
    """As the chart of the inference extension configures it."""
    modes = {"request_header_mode": "SEND", "request_body_mode": "FULL_DUPLEX_STREAMED", "request_trailer_mode": "SEND"}
    modes |= {"response_header_mode": "SKIP", "response_body_mode": "NONE", "response_trailer_mode": "SKIP"}
    service = {"envoy_grpc": {"cluster_name": "processor"}}
    kind = "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor"
    config = {"@type": kind, "grpc_service": service, "processing_mode": modes, "message_timeout": "10s"}
    return {"name": "processor", "typed_config": config}


def _grpc_cluster(port: int, name: str) -> Obj:
    options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
    http2: Obj = {"explicit_http_config": {"http2_protocol_options": {}}}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "typed_extension_protocol_options": {options: {"@type": f"type.googleapis.com/{options}", **http2}},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}],
        },
    }
