"""What reading bodies in the gateway costs: the same Envoy without, with an empty filter, with ours, with a processor.

One Envoy thread, in front of a server that takes the whole body; all share the cores of the machine. The rounds of all
variants alternate, so that what else the machine does meets all of them; medians are told.
"""

from __future__ import annotations

import json
import statistics
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.processes import resident
from tests.envoy.process import Envoy, envoy

from .peers import cpu, empty_ext_proc, ext_authz, ext_proc, processor, server
from .variants import EMPTY, EXT_AUTHZ, EXT_PROC, GO, LIMIT, Variant, asking, body, routes, variants

Obj = dict[str, Any]
SIZES = (100, 4_000, 100_000, 500_000)
HEAD = f"{'bytes':>8} {'gateway':<22} {'req/s':>8} {'p50 ms':>8} {'p99 ms':>8} {'CPU us':>8} {'MB':>5}   beside"
_ROUNDS, _SECONDS, _CONNECTIONS = 5, 2, 16


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


def measure(programs: Mapping[str, Path], folder: Path, size: int) -> dict[str, Measured]:
    """Return what every variant costs at a size of bodies (bytes), by name; a folder keeps what is made for it."""
    file = folder / "body.json"
    file.write_bytes(body(size))
    with ExitStack() as stack:
        asked = {
            GO: stack.enter_context(processor(programs["bbr"], folder)),
            EMPTY: stack.enter_context(empty_ext_proc(folder)),
            EXT_PROC: stack.enter_context(ext_proc(folder, LIMIT)),
            EXT_AUTHZ: stack.enter_context(ext_authz(folder, LIMIT)),
        }
        behind = stack.enter_context(server(programs["simplebenchserver"], folder)).port
        running: list[tuple[Variant, Envoy]] = []
        for number, variant in enumerate(variants(asked)):
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


def growth(programs: Mapping[str, Path], folder: Path, name: str, size: int) -> str:
    """Return what the memory of a service is after 10,000 requests of a size (bytes), and after 100,000 more."""
    file = folder / "body.json"
    file.write_bytes(body(size))
    home = folder / f"envoy-growth-{name}"
    home.mkdir()
    with ExitStack() as stack:
        service = stack.enter_context((ext_authz if name == EXT_AUTHZ else ext_proc)(folder, LIMIT))
        behind = stack.enter_context(server(programs["simplebenchserver"], folder)).port
        variant = asking(name, service)
        gateway = stack.enter_context(
            envoy(home, behind, routes(2), variant.envoy_filter, further=variant.clusters),
        )
        megabytes = []
        for count in (10_000, 100_000):
            result = _load(programs["bombardier"], file, gateway, f"-n{count}")
            assert result["req2xx"] == count, result
            megabytes.append(resident(service.pid))
    before, after = megabytes
    return f"{name}: {before:.1f} MB after 10,000 requests of {size} bytes, {after:.1f} after 100,000 more"


def rows(size: int, by_name: Mapping[str, Measured]) -> Iterator[str]:
    """Yield the rows of a size, with the ratios that have a budget."""
    time = {name: 1 / statistics.median(one.rates) for name, one in by_name.items()}
    cpu = {name: statistics.median(one.cpu) for name, one in by_name.items()}
    none, floor, ours, go = (time[name] for name in ("no filter", "empty filter", "ours", GO))
    added = {name: value - cpu["no filter"] for name, value in cpu.items()}
    more = {name: _p50(by_name, f"{name}, 1,000 pairs") / _p50(by_name, name) for name in ("no filter", "ours")}
    beside = {
        "empty filter": f"{none / floor:.2f} x no filter",
        "ours": f"{floor / ours:.2f} x the empty filter (CPU: {cpu['empty filter'] / cpu['ours']:.2f}), budget 0.90;"
        f" added time {(ours - none) / (go - none):.3f} x the processor's"
        f" (CPU: {added['ours'] / added[GO]:.3f}), budget 0.125",
        "no filter, 1,000 pairs": f"p50 {more['no filter']:.2f} x that of 2: routes are looked at once",
        "ours, 1,000 pairs": f"p50 {more['ours']:.2f} x that of 2, budget 1.20: they are looked at twice",
    }
    beside |= _beside_go(by_name)
    for name, one in by_name.items():
        numbers = f"{1 / time[name]:8.0f} {_p50(by_name, name) * 1e3:8.2f} {statistics.median(one.p99) * 1e3:8.2f}"
        memory = f"{cpu[name] * 1e6:8.1f} {one.megabytes:5.0f}"
        yield f"{size:>8} {name:<22} {numbers} {memory}   {beside.get(name, '')}".rstrip()


def _beside_go(by_name: Mapping[str, Measured]) -> dict[str, str]:
    """Return how services do beside the Go processor: in all, and for each core of their own."""
    go = by_name[GO]
    budgets = {EMPTY: "", EXT_PROC: ", budget 0.50 at 4 kB, 1.00 at 100 kB", EXT_AUTHZ: ", budget 1.50 and 30 MB"}
    beside = {GO: f"{_alone(go) * 1e6:.0f} us and {go.megabytes_aside:.0f} MB of its own"}
    for name, budget in budgets.items():
        service = by_name[name]
        rate = statistics.median(service.rates) / statistics.median(go.rates)
        beside[name] = (
            f"{rate:.2f} x the Go processor, {_alone(go) / _alone(service):.2f} x for each core of its own{budget};"
            f" {_alone(service) * 1e6:.0f} us and {service.megabytes_aside:.1f} MB of its own"
        )
    return beside


def _alone(one: Measured) -> float:
    """Return the seconds of CPU a request of what a gateway asks."""
    return statistics.median(one.aside)


def _p50(by_name: Mapping[str, Measured], name: str) -> float:
    return statistics.median(by_name[name].p50)
