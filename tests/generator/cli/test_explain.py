"""`llmd-routes explain` as it is called."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.generator.emitted import emitted
from tests.golden import Run, run

URL = "http://gw/v1/chat/completions"
BODY = '{"model": "m1", "owned_by": "sglang"}'


@pytest.fixture(scope="module")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("explain") / "objects.yaml"
    with path.open("w") as stream:
        YAML(typ="safe").dump_all(emitted("istio"), stream)
    return str(path)


def explain(manifests: str, *words: str) -> Run:
    return run("explain", "-f", manifests, *words)


def test_a_request_to_an_engine_exits_with_0(manifests: str) -> None:
    done = explain(manifests, URL, "--json", BODY)
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.endswith("result    an engine answers (InferencePool ns/sglang)\n")


def test_data_is_assumed_to_be_json_and_a_command_of_curl_is_not(manifests: str) -> None:
    assumed = explain(manifests, URL, "-d", BODY)
    assert assumed.code == 0
    assert "content-type: application/json is assumed" in assumed.stdout
    literal = explain(manifests, "--curl", f"curl {URL} -d '{BODY}'")
    assert literal.code == 1
    assert "result    400" in literal.stdout
    assert "fix       add -H 'content-type: application/json'" in literal.stdout
    whole = explain(manifests, "--curl", f"curl -s {URL} \\\n  -H 'Content-Type: application/json' -d '{BODY}'")
    assert whole.code == 0


def test_every_part_of_a_request(manifests: str, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text(BODY)
    done = explain(manifests, "-X", "PUT", "http://gw/v1/x", "-H", "X-Owned-By: vllm", "-d", f"@{body}", "-o", "json")
    data = json.loads(done.stdout)
    assert data["request"] == {"method": "PUT", "url": "http://gw/v1/x"}
    assert data["headers"][1]["value"] == "sglang"
    form = explain(manifests, "http://gw/v1/x", "-F", "model=m1", "-o", "json")
    assert json.loads(form.stdout)["headers"][0]["source"] == "field model of the body"


def test_the_output_of_generate_is_read_from_stdin(manifests: str, monkeypatch: pytest.MonkeyPatch) -> None:
    printed = run("generate", "-f", manifests, "-q", "--instance", "x").stdout
    monkeypatch.setattr("sys.stdin", io.StringIO(printed))
    done = run("explain", "-f", "-", URL, "--json", BODY)
    assert done.code == 0
    assert "gateway   Gateway ns/gw (istio)\n" in done.stdout
    assert "backend   InferencePool ns/sglang\n" in done.stdout


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "the request has no URL"),
        (["--curl", "curl http://gw/ 'x"], "--curl: no closing quotation"),
        ([URL, "--curl", "curl x"], "--curl: holds the whole request"),
        ([URL, "-d", "@/nowhere/body.json"], "/nowhere/body.json: cannot be read: no such file or directory"),
        ([URL, "-H", "bad"], "-H bad: invalid header"),
        ([URL, "--gateway", "nope"], "--gateway nope: not in the input; pass one of ns/gw"),
    ],
)
def test_errors_exit_with_2_and_print_nothing(manifests: str, words: list[str], message: str) -> None:
    done = explain(manifests, *words)
    assert (done.code, done.stdout) == (2, "")
    assert message in done.stderr.replace("\n  fix: ", "; ")


def test_requests_are_not_in_settings_or_variables(manifests: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMD_ROUTES_DATA", "{}")
    monkeypatch.setenv("LLMD_ROUTES_REQUEST", "DELETE")
    done = explain(manifests, URL, "-o", "json")
    assert json.loads(done.stdout)["request"]["method"] == "GET"
