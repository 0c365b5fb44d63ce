"""`make bench`: prints what the program costs beside its budgets, all of one run; it judges nothing by itself.

Files are measured beside a bare parse of the same file, and beside `helm template` of a small chart once per service;
a cluster is a real API server, which is started for it; the filter of the gateway runs in a real Envoy, beside the same
Envoy with other filters.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.__main__ import namespaces
from tests.bench.apiserver import etcd_server
from tests.bench.bench import Toolchain, find_toolchain, open_bench
from tests.bench.cases import ensure_namespaces
from tests.bench.client import Client
from tests.bench.crds import NEWEST
from tests.bench.gobuild import API_SERVER, HELM, MEASURING, programs
from tests.bench.processes import leash
from tests.bench.progress import timed, to_stderr

from .extraction import HEAD, SIZES, growth, measure, rows
from .measure import Cost, cost
from .scenes import NAMESPACE, pods, services, write
from .variants import EXT_AUTHZ, EXT_PROC

PROGRAM = [sys.executable, "-m", "llmd_routes"]
PARSE = (
    "import sys; from ruamel.yaml import YAML; y = YAML(typ='safe')\n"
    "for _ in y.load_all(open(sys.argv[1], encoding='utf-8')): pass"
)
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: small\nversion: 0.1.0\n",
    "templates/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}\n",
}


def main() -> int:
    """Measure everything and print it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        print(f"{'what':<46} {'seconds':>8} {'MB':>6}   beside")
        start_up()
        thousand = files(home)
        toolchain = find_toolchain(to_stderr, (*API_SERVER, HELM))
        helm(toolchain, home, thousand)
        cluster(toolchain, home)
        models(toolchain)
        gateway(toolchain, home)
    return 0


def line(what: str, measured: Cost, beside: str) -> None:
    print(f"{what:<46} {measured.seconds:8.3f} {measured.megabytes:6.0f}   {beside}", flush=True)


def start_up() -> None:
    bare = cost([sys.executable, "-c", ""], runs=9)
    for option in ("--version", "--help"):
        found = cost([*PROGRAM, option], runs=9)
        line(f"llmd-routes {option}", found, f"{found.seconds / bare.seconds:.1f} x an empty Python; budget 0.150 s")


def files(home: Path) -> Cost:
    """Measure 1,000 and 10,000 services from a file; returns what the thousand cost."""
    small, large = write(home / "1000.yaml", 1_000), write(home / "10000.yaml", 10_000)
    parse = cost([sys.executable, "-c", PARSE, str(small)])
    line("bare parse of 1,000 services", parse, "ruamel's C parser")
    thousand = cost([*PROGRAM, "generate", "-f", str(small)])
    ratio = f"{thousand.seconds / parse.seconds:.2f} x the bare parse"
    line("generate, 1,000 services from a file", thousand, f"{ratio}; budget 3 s, 200 MB")
    ten = cost([*PROGRAM, "generate", "-f", str(large)], runs=1)
    line(
        "generate, 10,000 services from a file",
        ten,
        f"{ten.seconds / thousand.seconds:.1f} x the thousand; budget 10 x",
    )
    return thousand


def helm(toolchain: Toolchain, home: Path, thousand: Cost) -> None:
    """Measure `helm template` of a chart with one Deployment, which a pipeline of releases runs once per service."""
    chart = home / "chart"
    for name, text in CHART.items():
        (chart / name).parent.mkdir(parents=True, exist_ok=True)
        (chart / name).write_text(text)
    found = cost([str(toolchain.programs["helm"]), "template", "release", str(chart)], runs=25)
    ratio = thousand.seconds / (found.seconds * 1_000)
    line("helm template of a small chart, once", found, f"generate is {ratio:.3f} x this for each of 1,000 services")


def cluster(toolchain: Toolchain, home: Path) -> None:
    """Measure discovery of 1,000 services with 5 pods each on a real API server."""
    server, store = home / "server", home / "etcd-data"
    server.mkdir()
    store.mkdir()
    with (
        etcd_server(toolchain.programs, store) as etcd,
        open_bench(NEWEST, toolchain, etcd, server, to_stderr) as bench,
        Client(bench) as client,
    ):
        ensure_namespaces(bench, [{"metadata": {"namespace": NAMESPACE}}])
        with timed(to_stderr, "storing 1,000 services and 5,000 pods"):
            for obj in (*services(1_000), *pods(1_000, 5)):
                client.create(complete(obj))
        argv = [*PROGRAM, "discover", "-n", NAMESPACE, "-o", "json"]
        found = cost(argv, env={"KUBECONFIG": str(bench.kubeconfig)})
        line("discover, 1,000 services, 5,000 pods, live", found, "budget 5 s, 300 MB")


def models(toolchain: Toolchain) -> None:
    """Measure the server for models, in a network of its own."""
    own = namespaces()
    if isinstance(own, str):
        print(f"{'models':<46} not measured: {own}")
        return
    load = programs(toolchain.go, MEASURING, to_stderr)["bombardier"]
    subprocess.run([*leash(), *own, sys.executable, "-m", "tests.speed.models", str(load)], check=True)


def gateway(toolchain: Toolchain, home: Path) -> None:
    """Measure the filter that reads bodies, beside what else could."""
    built = programs(toolchain.go, MEASURING, to_stderr)
    folder = home / "gateway"
    folder.mkdir()
    print(f"\n{HEAD}", flush=True)
    for size in SIZES:
        for text in rows(size, measure(built, folder, size)):
            print(text, flush=True)
    for name in (EXT_PROC, EXT_AUTHZ):
        print(growth(built, folder, name, 4_000), flush=True)


def complete(obj: dict[str, object]) -> dict[str, object]:
    """Return an object with what an API server insists on."""
    spec = obj["spec"]
    if obj["kind"] != "Deployment" or not isinstance(spec, dict):
        return obj
    return {**obj, "spec": {**spec, "selector": {"matchLabels": spec["template"]["metadata"]["labels"]}}}


if __name__ == "__main__":
    sys.exit(main())
