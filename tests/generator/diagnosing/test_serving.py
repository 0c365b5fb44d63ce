"""Ready pods behind sound paths are asked at the ports that endpoint pickers use."""

from __future__ import annotations

from dataclasses import replace

from llmd_routes.diagnosing.serving import ports_to_ask, with_silences
from llmd_routes.model.findings import Diagnosis
from llmd_routes.model.probes import Silence
from tests.generator.explaining.asking import around
from tests.generator.objects import Obj

from .test_diagnose import diagnosed, healthy, of_kind


def asked(objects: list[Obj]) -> tuple[Diagnosis, list[tuple[str, str, int, str]]]:
    diagnosis = diagnosed(objects)
    ports = ports_to_ask(diagnosis, around(objects))
    return diagnosis, [(each.pool.name, each.pod.name, each.port, each.scheme) for each in ports]


def test_every_ready_pod_is_asked_once() -> None:
    assert sorted(asked(healthy())[1]) == [("sglang", "pod-1", 8000, "http"), ("vllm", "pod-0", 8000, "http")]


def test_pods_that_are_not_ready_and_broken_paths_are_not_asked() -> None:
    objects = healthy()
    of_kind(objects, "Pod", "pod-0")["status"]["conditions"] = []
    assert asked(objects)[1] == [("sglang", "pod-1", 8000, "http")]


def test_active_ports_restrict_the_targets() -> None:
    objects = healthy()
    of_kind(objects, "Pod", "pod-1")["metadata"]["annotations"] = {"llm-d.ai/active-ports": "9000"}
    assert asked(objects)[1] == [("vllm", "pod-0", 8000, "http")]


def test_a_silent_port_is_an_error_and_its_path_is_not_sound() -> None:
    objects = healthy()
    diagnosis = diagnosed(objects)
    port = next(each for each in ports_to_ask(diagnosis, around(objects)) if each.pool.name == "vllm")
    said = with_silences(replace(diagnosis), [Silence(port, "connection refused")])
    (finding,) = said.findings
    assert (finding.severity, finding.cause, finding.object) == ("error", "not-serving", "InferencePool ns/vllm")
    assert finding.fact == "Pod ns/pod-0 is ready but does not serve port 8000: connection refused"
    assert {path.destination.backend.name for path in said.paths} == {"sglang"}
