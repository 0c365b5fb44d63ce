"""What reading bodies in the gateway costs: the same Envoy without, with an empty filter, with ours, with a processor.

One Envoy thread, in front of a server that takes the whole body; all share the cores of the machine. The rounds of all
variants alternate, so that what else the machine does meets all of them; medians are told.
"""

from __future__ import annotations

import copy
import json
import statistics
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from tests.bench.processes import resident
from tests.envoy.conftest import filter_of
from tests.envoy.process import Envoy, address, envoy
from tests.envoy.sidecar import CLUSTER, emitted

from .peers import Asked, cpu, empty_sidecar, processor, server, sidecar

Obj = dict[str, Any]
MODEL = "Qwen/Qwen2.5-0.5B-Instruct"
PROSE = (
    "Machine learning is a field of study in which programs get better at a task by what they have seen, instead of by"
    " rules that somebody wrote down. A model is trained on examples; what it has learned is then used on others.\n\n"
    'People often say "deep learning" when they mean networks of many layers, which need more examples and more'
    " arithmetic than older methods, and do better where the input is an image, a sound or a text.\n\nExplain that to"
    " somebody who is twelve years old, with an example from everyday life. "
)
SIZES = (100, 4_000, 100_000, 500_000)
_EMPTY = "function envoy_on_request(h) local b = h:body() local text = b:getBytes(0, b:length()) end"
HEAD = f"{'bytes':>8} {'gateway':<22} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU us':>8} {'MB':>5}   beside"
_ROUNDS, _SECONDS, _CONNECTIONS = 5, 2, 16
_LIMIT = 4 * 1024 * 1024 - 64 * 1024


@dataclass(frozen=True)
class Variant:
    """A gateway to measure: its EnvoyFilter, its pairs of matches, what it asks, and the processes that count."""

    name: str
    envoy_filter: Obj | None
    pairs: int = 2
    clusters: tuple[Obj, ...] = ()
    processor: int | None = None


@dataclass
class Measured:
    """What the rounds of a variant gave: requests a second, seconds of CPU a request, p50 and p99 in seconds.

    `aside` is what of the CPU is that of a processor, and `megabytes_aside` what of the memory.
    """

    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    aside: list[float] = field(default_factory=list)
    megabytes_aside: float = 0.0
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    megabytes: float = 0.0


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


def variants(go: Asked, sidecar: Asked, empty: Asked) -> list[Variant]:
    """Return what is compared."""
    settings = Settings(body_limit=_LIMIT)
    ours = filter_of(settings)
    return [
        Variant("no filter", None),
        Variant("no filter, 1,000 pairs", None, pairs=1000),
        Variant("empty filter", with_http_filter(ours, _lua(_EMPTY))),
        Variant("ours", ours),
        Variant("ours, 1,000 pairs", ours, pairs=1000),
        Variant("Go processor", with_http_filter(ours, _ext_proc()), 2, (_grpc_cluster(go.port, "processor"),), go.pid),
        Variant("empty sidecar", emitted(settings), 2, (_grpc_cluster(empty.port, CLUSTER),), empty.pid),
        Variant("our sidecar", emitted(settings), 2, (_grpc_cluster(sidecar.port, CLUSTER),), sidecar.pid),
    ]


def with_http_filter(envoy_filter: Obj, value: Obj) -> Obj:
    """Return our EnvoyFilter with another filter in the place of ours."""
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


def measure(programs: Mapping[str, Path], folder: Path, size: int) -> dict[str, Measured]:
    """Return what every variant costs at a size of bodies (bytes), by name; a folder keeps what is made for it."""
    file = folder / "body.json"
    file.write_bytes(body(size))
    with ExitStack() as stack:
        go = stack.enter_context(processor(programs["bbr"], folder))
        own, empty = stack.enter_context(sidecar(folder, _LIMIT)), stack.enter_context(empty_sidecar(folder))
        behind = stack.enter_context(server(programs["simplebenchserver"], folder)).port
        running: list[tuple[Variant, Envoy]] = []
        for number, variant in enumerate(variants(go, own, empty)):
            home = folder / f"envoy-{size}-{number}"
            home.mkdir()
            filled = envoy(home, behind, routes(variant.pairs), variant.envoy_filter, further=variant.clusters)
            running.append((variant, stack.enter_context(filled)))
        found = {variant.name: Measured() for variant, _ in running}
        for _ in range(_ROUNDS):
            for variant, gateway in running:
                _round(programs["bombardier"], file, variant, gateway, found[variant.name])
        return found


def _round(load: Path, file: Path, variant: Variant, gateway: Envoy, into: Measured) -> None:
    aside = [variant.processor] if variant.processor else []
    pids = [gateway.pid, *aside]
    before, before_aside = sum(map(cpu, pids)), sum(map(cpu, aside))
    result = _load(load, file, gateway, f"-d{_SECONDS}s")
    spent, spent_aside = sum(map(cpu, pids)) - before, sum(map(cpu, aside)) - before_aside
    answered = result["req2xx"]
    assert answered and not result["req4xx"] + result["req5xx"] + result["others"], (variant.name, result)
    into.rates.append(answered / result["timeTakenSeconds"])
    into.cpu.append(spent / answered)
    into.aside.append(spent_aside / answered)
    into.p50.append(result["latency"]["percentiles"]["50"] / 1e6)
    into.p99.append(result["latency"]["percentiles"]["99"] / 1e6)
    into.megabytes = max(into.megabytes, sum(map(resident, pids)))
    into.megabytes_aside = max(into.megabytes_aside, sum(map(resident, aside)))


def _load(load: Path, file: Path, gateway: Envoy, how_long: str) -> Obj:
    """Put a body to a gateway again and again, and return what came of it."""
    url = f"http://127.0.0.1:{gateway.port}/v1/chat/completions"
    words = [f"-c{_CONNECTIONS}", how_long, "-mPOST", f"-f{file}", "-Hcontent-type: application/json", "-l"]
    done = subprocess.run(
        [load, "--fasthttp", *words, "-ojson", "-pr", url], capture_output=True, text=True, check=True
    )
    found: Obj = json.loads(done.stdout)["result"]
    return found


def growth(programs: Mapping[str, Path], folder: Path, size: int) -> str:
    """Return what our sidecar's memory is after 10,000 requests of a size (bytes), and after 100,000 more."""
    file = folder / "body.json"
    file.write_bytes(body(size))
    home = folder / "envoy-growth"
    home.mkdir()
    with ExitStack() as stack:
        own = stack.enter_context(sidecar(folder, _LIMIT))
        behind = stack.enter_context(server(programs["simplebenchserver"], folder)).port
        asked = (_grpc_cluster(own.port, CLUSTER),)
        settings = Settings(body_limit=_LIMIT)
        gateway = stack.enter_context(envoy(home, behind, routes(2), emitted(settings), further=asked))
        told = []
        for count in (10_000, 100_000):
            result = _load(programs["bombardier"], file, gateway, f"-n{count}")
            assert result["req2xx"] == count, result
            told.append(resident(own.pid))
    return f"our sidecar: {told[0]:.0f} MB after 10,000 requests of {size} bytes, {told[1]:.0f} after 100,000 more"


def rows(size: int, by_name: Mapping[str, Measured]) -> Iterator[str]:
    """Yield the rows of a size, with the ratios that have a budget."""
    time = {name: 1 / statistics.median(one.rates) for name, one in by_name.items()}
    cpu = {name: statistics.median(one.cpu) for name, one in by_name.items()}
    none, floor, ours, go = (time[name] for name in ("no filter", "empty filter", "ours", "Go processor"))
    added = {name: value - cpu["no filter"] for name, value in cpu.items()}
    more = {name: _p50(by_name, f"{name}, 1,000 pairs") / _p50(by_name, name) for name in ("no filter", "ours")}
    beside = {
        "empty filter": f"{none / floor:.2f} x no filter",
        "ours": f"{floor / ours:.2f} x the empty filter (CPU: {cpu['empty filter'] / cpu['ours']:.2f}), budget 0.90;"
        f" added time {(ours - none) / (go - none):.3f} x the processor's"
        f" (CPU: {added['ours'] / added['Go processor']:.3f}), budget 0.125",
        "no filter, 1,000 pairs": f"p50 {more['no filter']:.2f} x that of 2: routes are looked at once",
        "ours, 1,000 pairs": f"p50 {more['ours']:.2f} x that of 2, budget 1.20: they are looked at twice",
    }
    processor = by_name["Go processor"]
    beside["Go processor"] = f"{_alone(processor) * 1e6:.0f} us of its own"
    beside |= {name: _beside_go(by_name[name], processor) for name in ("empty sidecar", "our sidecar")}
    beside["our sidecar"] += (
        f", {_alone(by_name['our sidecar']) / _alone(by_name['empty sidecar']):.2f} x the empty one's"
    )
    for name, one in by_name.items():
        numbers = f"{1 / time[name]:8.0f} {_p50(by_name, name) * 1e3:8.2f} {statistics.median(one.p99) * 1e3:8.2f}"
        memory = f"{cpu[name] * 1e6:8.1f} {one.megabytes:5.0f}"
        yield f"{size:>8} {name:<22} {numbers} {memory}   {beside.get(name, '')}".rstrip()


def _beside_go(sidecar: Measured, go: Measured) -> str:
    """Return how a sidecar does beside the Go processor: with what it runs on, and for each core of its own."""
    rate = statistics.median(sidecar.rates) / statistics.median(go.rates)
    return (
        f"{rate:.2f} x the Go processor, {_alone(go) / _alone(sidecar):.2f} x for each core of its own (budget 0.50 at"
        f" 4 kB, 1.00 at 100 kB), {_alone(sidecar) * 1e6:.0f} us of its own; {sidecar.megabytes_aside:.0f} MB of its"
        f" own, the Go processor {go.megabytes_aside:.0f}"
    )


def _alone(one: Measured) -> float:
    """Return the seconds of CPU a request of what a gateway asks."""
    return statistics.median(one.aside)


def _p50(by_name: Mapping[str, Measured], name: str) -> float:
    return statistics.median(by_name[name].p50)
