"""Real rendered manifests with checked expectations, beside the project; a stranger's clone does not have them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from llmd_routes.inventory.build import build_inventory
from llmd_routes.output.discovery import DiscoveredModelService, Discovery, describe
from llmd_routes.reading.files import read_files

CASES = Path(__file__).resolve().parents[2] / "shared" / "cases"
FOLDERS = sorted(path.parent for path in CASES.glob("*/case.yaml"))
# The notices that this program promises; cases also note facts about files that are nobody's notice.
CODES = frozenset(
    "cross-selection pool-port-mismatch port-conflict no-common-label dual-pod simulator tls controller-owned"
    " namespace-unknown multi-port dynamic-lora unreadable-model unknown-engine template"
    " already-routed catch-all-route".split()
)

pytestmark = pytest.mark.skipif(not FOLDERS, reason="the shared cases are not beside this clone")


def load(folder: Path) -> tuple[dict[str, Any], Discovery]:
    expected = YAML(typ="safe").load(folder / "case.yaml")["expected"]
    reading = read_files([str(folder / "objects.yaml")], io.StringIO())
    assert not reading.problems
    return expected, describe(build_inventory(reading.objects))


def workloads(service: DiscoveredModelService) -> frozenset[str]:
    return frozenset(service.workloads)


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


@pytest.fixture
def case(folder: Path) -> tuple[dict[str, Any], Discovery]:
    return load(folder)


def test_services(case: tuple[dict[str, Any], Discovery]) -> None:
    expected, found = case
    services = {workloads(service): service for service in found.model_services}
    assert set(services) == {frozenset(wanted["workloads"]) for wanted in expected["modelservices"]}
    for wanted in expected["modelservices"]:
        service = services[frozenset(wanted["workloads"])]
        ports = wanted["port"] if isinstance(wanted["port"], list) else [wanted["port"]]
        assert service.name == wanted["name"]
        assert service.namespace == wanted["namespace"]
        assert service.engine == wanted["engine"]
        assert service.models == wanted["models"]
        assert service.dynamic_models == sorted(wanted.get("dynamic_models", []))
        assert service.ports == ports
        assert service.roles == sorted(wanted["roles"])
        assert service.simulator == wanted.get("simulator", False)
        assert service.selector_derived == wanted.get("selector_is_derived", False) or service.selector is None


def pod_labels(obj: Any) -> Iterator[dict[str, str]]:
    """Yield the labels of all pods that an object of the input makes."""
    spec = obj.get("spec") or {}
    if obj["kind"] == "Pod":
        yield obj["metadata"].get("labels") or {}
    group = spec.get("leaderWorkerTemplate") or {}
    for template in (spec.get("template"), group.get("leaderTemplate"), group.get("workerTemplate")):
        if isinstance(template, dict):
            yield (template.get("metadata") or {}).get("labels") or {}


def test_selectors_take_their_own_pods_and_no_other(folder: Path) -> None:
    expected, found = load(folder)
    objects = read_files([str(folder / "objects.yaml")], io.StringIO()).objects
    services = {workloads(service): service for service in found.model_services}
    for wanted in expected["modelservices"]:
        service = services[frozenset(wanted["workloads"])]
        assert (service.selector is None) == (wanted["selector_labels_that_work"] is None)
        if service.selector is None or service.selector_derived:
            continue
        taken = {
            f"{obj['kind']}/{obj['metadata']['name']}"
            for obj in objects
            for labels in pod_labels(obj)
            if service.selector.items() <= labels.items()
        }
        assert taken == set(service.workloads)


def test_the_rest(case: tuple[dict[str, Any], Discovery]) -> None:
    expected, found = case
    assert sorted(pool.name for pool in found.inference_pools) == sorted(expected["existing_pools"])
    assert sorted(route.name for route in found.http_routes) == sorted(expected["existing_httproutes"])
    assert sorted(gateway.name for gateway in found.gateways) == sorted(expected["gateways"])
    assert sorted(service.name for service in found.epp_services) == sorted(expected["epp_services"])
    served = {workload for service in found.model_services for workload in service.workloads}
    assert not served & set(expected["not_modelservices"])


def test_notices(case: tuple[dict[str, Any], Discovery]) -> None:
    expected, found = case
    for wanted in expected["modelservices"]:
        codes = {notice.partition(":")[0] for notice in wanted.get("expects_notice", [])} & CODES
        given = {n.code for n in found.notices if n.object.endswith(wanted["name"] or "")}
        assert codes <= given
