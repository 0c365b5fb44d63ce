"""What reading bodies in the gateway costs: the same Envoy without, with an empty filter, with ours, with a processor.

One Envoy thread, in front of a server that takes the whole body; all share the cores of the machine. The rounds of all
variants alternate, so that what else the machine does meets all of them; medians are told.
"""

from __future__ import annotations

import copy
import json
import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from tests.bench.apiserver import free_ports
from tests.bench.processes import resident
from tests.bench.waiting import until
from tests.envoy.conftest import filter_of
from tests.envoy.process import Envoy, address, envoy
from tests.envoy.sidecar import CLUSTER, emitted

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


def variants(go: tuple[int, int], sidecar: tuple[int, int]) -> list[Variant]:
    """Return what is compared; the Go processor and our sidecar each listen on a port and are a process."""
    settings = Settings(body_limit=_LIMIT)
    ours = filter_of(settings)
    asked = (_grpc_cluster(sidecar[0], CLUSTER),)
    return [
        Variant("no filter", None),
        Variant("no filter, 1,000 pairs", None, pairs=1000),
        Variant("empty filter", with_http_filter(ours, _lua(_EMPTY))),
        Variant("ours", ours),
        Variant("ours, 1,000 pairs", ours, pairs=1000),
        Variant("Go processor", with_http_filter(ours, _ext_proc()), 2, (_grpc_cluster(go[0], "processor"),), go[1]),
        Variant("our sidecar", emitted(settings), 2, asked, sidecar[1]),
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


@contextmanager
def processor(program: Path, folder: Path) -> Iterator[tuple[int, int]]:
    """Run the Go processor for both fields, and yield its port and pid; it needs a kubeconfig, but asks nobody."""
    kubeconfig = folder / "nobody"
    cluster = {"name": "nobody", "cluster": {"server": "http://127.0.0.1:1"}}
    context = {"name": "nobody", "context": {"cluster": "nobody", "user": ""}}
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context]}
    kubeconfig.write_text(json.dumps({**config, "current-context": "nobody"}))
    port, health, metrics = free_ports(3)
    fields = (("model", MODEL_HEADER), ("owned_by", OWNER_HEADER))
    plugins = [
        f'--plugin=body-field-to-header:{name}:{{"fieldName":"{name}","headerName":"{header}"}}'
        for name, header in fields
    ]
    flags = [f"--grpc-port={port}", f"--grpc-health-port={health}", f"--metrics-port={metrics}", "--streaming"]
    flags += ["--secure-serving=false", "--metrics-endpoint-auth=false", "--tracing=false", "--enable-pprof=false"]
    log = (folder / "processor.log").open("w")
    environment = os.environ | {"KUBECONFIG": str(kubeconfig)}
    running = subprocess.Popen([program, *flags, *plugins, "-v=0"], env=environment, stdout=log, stderr=log)
    try:
        until(lambda: _listens(port), "the Go processor listens")
        yield port, running.pid
    finally:
        running.kill()
        running.wait()
        log.close()


@contextmanager
def sidecar(folder: Path) -> Iterator[tuple[int, int]]:
    """Run our sidecar as its pod does, and yield its port and pid."""
    port, health, metrics = free_ports(3)
    flags = [f"--port={port}", f"--health-port={health}", f"--metrics-port={metrics}", f"--body-limit={_LIMIT}"]
    with (folder / "sidecar.log").open("w") as log:
        words = [sys.executable, "-m", "llmd_routes_sidecar", "ext-proc", *flags]
        running = subprocess.Popen(words, stdout=log, stderr=log)
        try:
            until(lambda: _listens(port), "our sidecar listens")
            yield port, running.pid
        finally:
            running.kill()
            running.wait()


@contextmanager
def server(program: Path) -> Iterator[int]:
    """Run the server behind the gateways, and yield its port."""
    (port,) = free_ports(1)
    running = subprocess.Popen([program, f"--port={port}", "--size=100"], stdout=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port), "the server listens")
        yield port
    finally:
        running.kill()
        running.wait()


def measure(programs: Mapping[str, Path], folder: Path, size: int) -> dict[str, Measured]:
    """Return what every variant costs at a size of bodies (bytes), by name; a folder keeps what is made for it."""
    file = folder / "body.json"
    file.write_bytes(body(size))
    with ExitStack() as stack:
        go = stack.enter_context(processor(programs["bbr"], folder))
        own = stack.enter_context(sidecar(folder))
        behind = stack.enter_context(server(programs["simplebenchserver"]))
        running: list[tuple[Variant, Envoy]] = []
        for number, variant in enumerate(variants(go, own)):
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
    url = f"http://127.0.0.1:{gateway.port}/v1/chat/completions"
    words = [f"-c{_CONNECTIONS}", f"-d{_SECONDS}s", "-mPOST", f"-f{file}", "-Hcontent-type: application/json", "-l"]
    before, before_aside = sum(map(_cpu, pids)), sum(map(_cpu, aside))
    done = subprocess.run(
        [load, "--fasthttp", *words, "-ojson", "-pr", url], capture_output=True, text=True, check=True
    )
    spent, spent_aside = sum(map(_cpu, pids)) - before, sum(map(_cpu, aside)) - before_aside
    result = json.loads(done.stdout)["result"]
    answered = result["req2xx"]
    assert answered and not result["req4xx"] + result["req5xx"] + result["others"], (variant.name, result)
    into.rates.append(answered / result["timeTakenSeconds"])
    into.cpu.append(spent / answered)
    into.aside.append(spent_aside / answered)
    into.p50.append(result["latency"]["percentiles"]["50"] / 1e6)
    into.p99.append(result["latency"]["percentiles"]["99"] / 1e6)
    into.megabytes = max(into.megabytes, sum(map(resident, pids)))
    into.megabytes_aside = max(into.megabytes_aside, sum(map(resident, aside)))


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
    beside["our sidecar"] = _beside_go(by_name["our sidecar"], by_name["Go processor"])
    for name, one in by_name.items():
        numbers = f"{1 / time[name]:8.0f} {_p50(by_name, name) * 1e3:8.2f} {statistics.median(one.p99) * 1e3:8.2f}"
        memory = f"{cpu[name] * 1e6:8.1f} {one.megabytes:5.0f}"
        yield f"{size:>8} {name:<22} {numbers} {memory}   {beside.get(name, '')}".rstrip()


def _beside_go(sidecar: Measured, go: Measured) -> str:
    """Return how our sidecar does beside the Go processor: for each core of its own, over all, and in memory."""
    core = statistics.median(go.aside) / statistics.median(sidecar.aside)
    rate = statistics.median(sidecar.rates) / statistics.median(go.rates)
    return (
        f"{core:.2f} x the Go processor's requests for each core of its own, budget 0.50 at 4 kB, 1.00 at 100 kB;"
        f" requests {rate:.2f}; {sidecar.megabytes_aside:.0f} MB beside {go.megabytes_aside:.0f}, budget 60 at 4 kB"
    )


def _p50(by_name: Mapping[str, Measured], name: str) -> float:
    return statistics.median(by_name[name].p50)


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def _cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used (proc(5), stat, utime and stime)."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
