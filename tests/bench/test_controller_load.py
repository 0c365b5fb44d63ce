"""The controller beside a real API server: kinds that appear later, 1,000 engines, and an hour of changes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from llmd_routes.text.yaml_values import load_all
from tests.generator.objects import deployment, gateway, pool, vllm
from tests.golden import DATA

from .api import Access, Api
from .apiserver import free_ports
from .bench import Bench, Toolchain, install_crds, open_bench
from .crds import BARE, NEWEST, read_crds
from .processes import Processes, resident
from .progress import Report
from .waiting import until

Obj = dict[str, Any]
ROOT = Path(__file__).resolve().parents[2]
CONTROLLER = "controller"
ENGINES, GONE = 1_000, 400
# Changes of an hour with one each second, seconds between two in fast motion, and the memory that may remain, in MB.
CHANGES, WARM, PAUSE, MOST_GROWTH = 3_600, 600, 0.02, 15.0


@dataclass(frozen=True)
class Running:
    """A controller process, its log and its metrics."""

    folder: Path
    processes: Processes
    port: int

    def metric(self, name: str) -> float:
        """Return a metric, -1 before the process serves it."""
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
                text = answer.read().decode()
        except OSError:
            return -1.0
        found = [line.split()[-1] for line in text.splitlines() if line.startswith(f"llmd_routes_controller_{name}")]
        return sum(map(float, found)) if found else -1.0

    def lines(self) -> list[Obj]:
        """Return what it has logged."""
        text = (self.folder / f"{CONTROLLER}.log").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines() if line.endswith("}")]

    def memory(self) -> float:
        """Return the memory that it holds, in MB."""
        return resident(self.processes.pid(CONTROLLER))


@contextmanager
def running(bench: Bench, folder: Path, *words: str, module: str = "llmd_routes") -> Iterator[Running]:
    """Run a controller until the block ends."""
    (port,) = free_ports(1)
    environment = {"KUBECONFIG": str(bench.kubeconfig), "PYTHONPATH": str(ROOT)}
    command = ("controller",) if module == "llmd_routes" else ()
    words = (*command, f"--monitoring-port={port}", *words)
    with Processes(folder) as processes:
        processes.start(CONTROLLER, Path(sys.executable), "-m", module, *words, env=environment)
        yield Running(folder, processes, port)


@contextmanager
def namespace(bench: Bench, name: str) -> Iterator[Api]:
    """Create a namespace with a Gateway, and a connection; remove its objects with the block."""
    bench.kubectl.must("create", "namespace", name)
    with Api(Access(bench.server, bench.certificate, bench.token)) as api:
        create(api, gateway(namespace=name))
        yield api
    for kind in ("deployments", "inferencepools", "httproutes", "gateways", "envoyfilters", "destinationrules"):
        bench.kubectl.must("delete", kind, "--all", "-n", name, "--wait=false")


def place_of(obj: Obj) -> str:
    """Return the path of a list in the API."""
    group, _, version = obj["apiVersion"].rpartition("/")
    top = f"/apis/{group}/{version}" if group else f"/api/{version}"
    return f"{top}/namespaces/{obj['metadata']['namespace']}/{obj['kind'].lower()}s"


def create(api: Api, obj: Obj) -> None:
    api.request("POST", place_of(obj), obj)


def delete(api: Api, obj: Obj) -> None:
    api.request("DELETE", f"{place_of(obj)}/{obj['metadata']['name']}")


def engine(number: int, home: str) -> tuple[Obj, Obj]:
    """Return a Deployment with a model of its own, and its InferencePool."""
    name, labels = f"engine-{number:04}", {"app": f"engine-{number:04}"}
    workload = deployment(name, labels, vllm(f"organisation/model-{number:04}"), namespace=home)
    workload["spec"]["selector"] = {"matchLabels": labels}
    return workload, pool(name, labels, 8000, namespace=home)


def routed(bench: Bench, home: str) -> set[str]:
    """Return the pools that the HTTPRoutes of a namespace refer to."""
    routes = json.loads(bench.kubectl.must("get", "httproutes", "-n", home, "-o", "json"))["items"]
    return {
        backend["name"]
        for route in routes
        for rule in route["spec"]["rules"]
        for backend in rule.get("backendRefs", ())
        if backend.get("kind") == "InferencePool"
    }


def seconds_until(condition: Any, what: str) -> float:
    begun = time.monotonic()
    until(condition, what, 120.0)
    return time.monotonic() - begun


def test_kinds_that_are_defined_later_and_deleted(
    bench_toolchain: Toolchain, bench_etcd: str, bench_report: Report, tmp_path: Path
) -> None:
    """Without CustomResourceDefinitions it waits, with them it makes the routes; if one is deleted, the routes stay."""
    home = "llm-d-multi-engine"
    crds = read_crds(bench_toolchain.go, NEWEST)
    objects = list(load_all((DATA / "two-engines" / "objects.yaml").read_text(encoding="utf-8")))
    pools = "inferencepools.inference.networking.k8s.io"
    with ExitStack() as stack:
        bench = stack.enter_context(open_bench(BARE, bench_toolchain, bench_etcd, tmp_path, bench_report))
        bench.kubectl.must("create", "namespace", home)
        plain = "\n---\n".join(json.dumps(obj) for obj in objects if "." not in obj["apiVersion"].partition("/")[0])
        bench.kubectl.apply(plain, "-n", home)
        controller = stack.enter_context(running(bench, tmp_path, "-n", home))
        until(
            lambda: [line for line in controller.lines() if line["level"] == "error"],
            "it logs what is missing",
        )
        assert controller.metric("routes") <= 0
        install_crds(bench.kubectl, crds)
        bench.kubectl.apply("\n---\n".join(map(json.dumps, objects)), "-n", home)
        found = seconds_until(lambda: len(routed(bench, home)) == 2 if served(bench) else False, "routes exist")
        bench.kubectl.must("delete", "crd", pools)
        until(
            lambda: [each for each in errors(controller) if "InferencePool" in each.get("object", "")],
            "it logs that pools cannot be created",
        )
        assert len(routed(bench, home)) == 2, "the routes stay"
        install_crds(bench.kubectl, {pools: crds[pools]})
        until(lambda: len(names(bench, pools, home)) == 2, "the pools exist again", 60.0)
    bench_report(f"controller: routes exist {found:.1f} s after the CustomResourceDefinitions")


def errors(controller: Running) -> list[Obj]:
    return [line for line in controller.lines() if line["level"] == "error"]


def served(bench: Bench) -> bool:
    return bench.kubectl.run("get", "httproutes", "-A").returncode == 0


def names(bench: Bench, kind: str, home: str) -> list[str]:
    done = bench.kubectl.run("get", kind, "-n", home, "-o", "name")
    return done.stdout.split() if done.returncode == 0 else []


def test_a_thousand_engines_come_and_go(bench_newest: Bench, bench_report: Report, tmp_path: Path) -> None:
    home = "thousand"
    settings = tmp_path / "settings.yaml"
    settings.write_text("{}")
    crowd = [engine(number, home) for number in range(ENGINES)]
    words = ("-n", home, "--config", str(settings))
    with namespace(bench_newest, home) as api, running(bench_newest, tmp_path, *words) as it:
        for workload, own_pool in crowd:
            create(api, own_pool)
            create(api, workload)
        came = seconds_until(lambda: it.metric("routes ") == ENGINES, "every engine has a route")
        assert len(routed(bench_newest, home)) == ENGINES
        seconds, memory = it.metric("pass_seconds"), it.memory()
        for workload, _ in crowd[:GONE]:
            delete(api, workload)
        went = seconds_until(lambda: it.metric("routes ") == ENGINES - GONE, "deleted engines have none")
        assert routed(bench_newest, home) == {own_pool["metadata"]["name"] for _, own_pool in crowd[GONE:]}
        for workload, _ in crowd[GONE:]:
            delete(api, workload)
        until(lambda: it.metric("withheld_routes") > 0, "more than half of them stay")
        left = len(routed(bench_newest, home))
        assert left >= ENGINES - GONE - (ENGINES // 2 - GONE), "no more than half of them within a minute"
        settings.write_text("apiVersion: llmd-routes/v1alpha1\nkind: Configuration\nspec: {allowMassRemoval: true}\n")
        until(lambda: routed(bench_newest, home) == set(), "the user permits it", 60.0)
    bench_report(
        f"controller, {ENGINES} engines: all routes {came:.1f} s after the last one, {GONE} removed after {went:.1f} s,"
        f" a pass {seconds:.1f} s, {memory:.0f} MB"
    )


def test_an_hour_of_changes_leaves_no_memory(bench_newest: Bench, bench_report: Report, tmp_path: Path) -> None:
    """3,600 changes in fast motion: engines come, change their model, and go."""
    home = "churn"
    crowd = [engine(number, home) for number in range(20)]
    words = ("-n", home, "--allow-mass-removal")
    with (
        namespace(bench_newest, home) as api,
        running(bench_newest, tmp_path, *words, module="tests.bench.fast_controller") as it,
    ):
        for workload, own_pool in crowd:
            create(api, own_pool)
            create(api, workload)
        until(lambda: it.metric("routes ") == len(crowd), "every engine has a route")
        begun, warm = time.monotonic(), 0.0
        for number in range(CHANGES):
            change(api, crowd[number % len(crowd)][0], number // len(crowd))
            time.sleep(PAUSE)
            if number == WARM:
                warm = it.memory()
        settled = seconds_until(lambda: it.metric("routes ") == len(crowd), "every engine has a route at the end")
        passes, grown = it.metric("passes_total"), it.memory() - warm
        took = time.monotonic() - begun - settled
    assert passes > CHANGES / 36
    assert grown < MOST_GROWTH, f"{grown:.1f} MB after {CHANGES - WARM} changes"
    memory = f"{warm:.0f} MB after {WARM}, {grown:+.1f} MB at the end"
    bench_report(f"controller, {CHANGES} changes in {took:.0f} s, {passes:.0f} passes: {memory}")


def change(api: Api, workload: Obj, round_number: int) -> None:
    """Delete an engine, create it, or change its model or the number of its pods: one of these in each round."""
    name, step = workload["metadata"]["name"], round_number % 4
    path = f"{place_of(workload)}/{name}"
    if step == 0:
        api.request("PATCH", path, {"spec": {"replicas": 2}}, "application/merge-patch+json")
    elif step == 1:
        container = vllm(f"organisation/other-{name}")
        body = {"spec": {"template": {"spec": {"containers": [container]}}}}
        api.request("PATCH", path, body, "application/merge-patch+json")
    elif step == 2:
        delete(api, workload)
    else:
        create(api, workload)
