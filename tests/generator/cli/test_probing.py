"""`doctor --probe`: off by default, and where requests are sent to is always said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmd_routes.model.probes import Answer, Entry
from llmd_routes.model.requests import ClientRequest
from tests.generator.diagnosing.test_diagnose import healthy, of_kind

from .test_doctor import doctor


def test_nothing_is_sent_without_the_option(tmp_path: Path) -> None:
    done = doctor(tmp_path, healthy(), "-o", "json")
    assert (done.code, done.stderr, json.loads(done.stdout)["probes"]) == (0, "", [])


def test_an_address_without_an_answer_is_a_finding(tmp_path: Path) -> None:
    done = doctor(tmp_path, healthy(), "--probe", "--probe-url", "127.0.0.1:1", "-o", "json")
    assert done.code == 1
    # m1 of both engines and without one, m3 and org/m2 of one engine and without one
    assert done.stderr == "probe: sends 7 requests to http://127.0.0.1:1; each engine generates at most one token\n"
    said = json.loads(done.stdout)
    assert [finding["cause"] for finding in said["findings"]] == ["probe-unanswered"]
    assert {(each["model"], each["engine"]) for each in said["probes"]} >= {("m1", "vllm"), ("m1", None)}


def test_the_address_is_that_of_the_status(tmp_path: Path) -> None:
    objects = healthy()
    of_kind(objects, "Gateway")["status"]["addresses"] = [{"type": "Hostname", "value": "gw.invalid"}]
    done = doctor(tmp_path, objects, "--probe")
    assert "probe: sends 7 requests to http://gw.invalid:80" in done.stderr
    assert "field: status.addresses" in done.stdout


def test_models_that_do_not_generate_text_get_no_request(tmp_path: Path) -> None:
    objects = healthy()
    program = of_kind(objects, "Deployment", "vllm")["spec"]["template"]["spec"]["containers"][0]
    program["args"] = [*program["args"], "--runner", "pooling"]
    done = doctor(tmp_path, objects, "--probe", "--probe-url", "http://127.0.0.1:1")
    first, second = done.stderr.splitlines()
    assert first.startswith("probe: skipped, because the engine generates no text: ")
    assert {"model m1 and engine vllm", "model m3 without engine"} <= {*first.partition("text: ")[2].split(", ")}
    assert "sglang" not in first
    assert second.startswith("probe: sends 3 requests to http://127.0.0.1:1")


@pytest.mark.parametrize(("hostnames", "host"), [([], "127.0.0.1"), (["*.example.com"], "any.example.com")])
def test_the_host_is_the_address_unless_the_route_names_another(
    hostnames: list[str], host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[ClientRequest] = []

    def record(entry: Entry, requests: list[ClientRequest], headers: object) -> list[Answer]:
        sent.extend(requests)
        return [Answer(200) for _ in requests]

    monkeypatch.setattr("llmd_routes.reading.probe.send_probes", record)
    objects = healthy()
    of_kind(objects, "HTTPRoute")["spec"]["hostnames"] = hostnames
    doctor(tmp_path, objects, "--probe", "--probe-url", "http://127.0.0.1:1")
    assert {request.head.host for request in sent} == {host}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--probe"], "--probe: the status of Gateway ns/gw has no address; pass --probe-url"),
        (["--probe-url", "http://h"], "--probe-url: applies only to --probe; add that option"),
        (["--probe-header", "a: b"], "--probe-header: applies only to --probe; add that option"),
        (["--probe", "--probe-header", "secret"], "--probe-header: invalid header; use 'NAME: VALUE'"),
        (["--probe", "--probe-url", "ftp://h"], "--probe-url ftp://h: invalid URL; use http://HOST[:PORT]"),
        (["--probe", "--probe-url", "http://h/v1"], "--probe-url http://h/v1: invalid URL"),
        (["--probe", "--probe-url", "http://h:x"], "--probe-url http://h:x: invalid URL"),
        (["--probe", "--probe-url", "http://"], "--probe-url http://: invalid URL"),
    ],
)
def test_what_cannot_be_sent_is_an_error(tmp_path: Path, words: list[str], message: str) -> None:
    done = doctor(tmp_path, healthy(), *words)
    assert (done.code, done.stdout) == (2, "")
    assert message in done.stderr.replace("\n  fix: ", "; ")


def test_without_generated_routes_nothing_is_sent(tmp_path: Path) -> None:
    objects = [obj for obj in healthy() if obj["kind"] != "HTTPRoute"]
    done = doctor(tmp_path, objects, "--probe", "--probe-url", "http://127.0.0.1:1")
    assert done.stderr == "probe: no generated route names a model, so no request is sent\n"
