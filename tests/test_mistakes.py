"""Mistakes that people make, each with the exit code, stdout and stderr: object, fact and fix.

Not here, because they need processes of their own: a full disk, a closed pipe or stdout (`generator/cli`), Ctrl-C
(`attack/test_signals.py`, `test_generate.py`), and a stalled server (`attack/test_api_server.py`).
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from .generator.reading.test_connection import Reply, kubeconfig, replying, server
from .golden import DATA, run

OBJECTS = str(DATA / "two-engines" / "objects.yaml")
GATEWAYS = str(DATA / "several-gateways" / "objects.yaml")
PLACES = {"OBJECTS": OBJECTS, "GATEWAYS": GATEWAYS}
FILES = {
    "invalid.yaml": "a: [\n",
    "empty.yaml": "",
    "other.yaml": "apiVersion: v1\nkind: Foo\nmetadata: {name: a}\n",
    "template.yaml": "kind: Deployment\nmetadata:\n  name: {{ .Values.name }}\n  labels: {{ x }}\n",
}
SETTINGS = "apiVersion: llmd-routes/v1alpha1\nkind: Configuration\nspec:\n"


class Mistake(NamedTuple):
    """Words of the command line, a pattern of the object and the fact, and the beginning of the fix.

    OBJECTS and GATEWAYS stand for files; `stdin` is what is piped in, `settings` the spec of a settings file.
    """

    words: str
    fact: str
    fix: str
    stdin: str = ""
    settings: str = ""


MISTAKES = [
    # Words
    Mistake("genrate", "genrate: unknown command", "use generate"),
    Mistake("generate --gatway x", "--gatway: unknown option", "use --gateway"),
    Mistake("generate objects.yaml", "objects.yaml: unexpected argument", "remove it; see llmd-routes "),
    Mistake("generate -f", "-f: requires a value", "see llmd-routes "),
    Mistake("generate -o xml", "--output xml: invalid value", "use one of yaml, json"),
    Mistake("generate --implementation haproxy", "--implementation haproxy: invalid value", "use one of istio, "),
    Mistake("completion", "shell: missing", "see llmd-routes completion --help"),
    Mistake("completion ksh", "shell ksh: invalid value", "use one of bash, zsh, fish"),
    Mistake("compare", "url: missing", "see llmd-routes compare --help"),
    Mistake("compare ftp://gw", "URL ftp://gw: invalid URL", "use http://HOST"),
    Mistake("compare http://127.0.0.1:9", "http://127.0.0.1:9/v1/models: cannot be read: .*", "check the URL"),
    # Files
    Mistake("generate -f absent.yaml", "absent.yaml: no such file or directory", "check "),
    Mistake("generate -f invalid.yaml", "invalid.yaml:2: invalid YAML: .*", "correct the text at this line"),
    Mistake("generate -f template.yaml", "template.yaml:[34]: invalid YAML: .*", "render the template first "),
    Mistake("generate -f binary.yaml", "binary.yaml:1: not UTF-8", "save it as UTF-8"),
    Mistake("generate -f empty.yaml", "no ModelService in the input", "check -f and -n"),
    Mistake("generate -f other.yaml", "no ModelService in the input", "check -f and -n"),
    Mistake("generate -f folder", "folder: no \\*.yaml, .* file in this directory", "check the path, or pass -R "),
    Mistake("generate -f -", "-: stdin is empty", "check the command that writes to it"),
    Mistake("generate -f -", "-:2: invalid YAML: .*", "correct the text at this line", stdin="a: [\n"),
    Mistake("generate -f OBJECTS --input-limit 1", ".*: the input exceeds its limit", "raise --input-limit"),
    Mistake("krm", "-: not a ResourceList", "run krm as a function of kustomize or kpt", stdin="a: 1\n"),
    Mistake("post-render", "stdin contains no ModelService", "check its manifests, or pass --allow-empty"),
    # Namespaces and clusters
    Mistake("generate -f OBJECTS -n other", "no ModelService in this namespace; .*", "pass -n llm-d-multi-"),
    Mistake("generate -f OBJECTS -n A_B", "-n A_B: invalid namespace name", "use lower case letters"),
    Mistake("generate -f OBJECTS -n a,b", "-n a,b: invalid namespace name", "pass -n once for each name"),
    Mistake("generate -A -n x", "-A and -n: mutually exclusive", "pass one of them"),
    Mistake("discover", "KUBECONFIG=absent: no such file", "check the path, or pass manifests with -f"),
    Mistake("discover --kubeconfig no", "--kubeconfig no: no such file", "check "),
    Mistake("discover -f OBJECTS --context x", "--context: applies only to a cluster, and -f reads files", ""),
    # Options of routes
    Mistake("generate -f GATEWAYS", "the input contains 2 Gateways", "pass --gateway llm/"),
    Mistake("generate -f OBJECTS --gateway no", "--gateway no: not in the input, which contains .*", "pass "),
    Mistake("generate -f OBJECTS --listener no", "Gateway .*: has no listener no", "pass one of default"),
    Mistake("generate -f OBJECTS --default-engine vlm", "--default-engine vlm: no ModelService .*", "use one"),
    Mistake("generate -f OBJECTS --default-engine m=vllm", "--default-engine m=vllm: .* serves m", "use one"),
    Mistake("generate -f OBJECTS --split vllm=x", "--split vllm=x: invalid weights", "use weights of two "),
    Mistake("generate -f OBJECTS --buffer-limit 12q", "--buffer-limit 12q: invalid size", "use bytes, or a "),
    Mistake("generate -f OBJECTS --route-timeout 5x", "--route-timeout 5x: invalid .* duration", "use a dura"),
    Mistake("generate -f OBJECTS --path-prefix v1", "--path-prefix v1: invalid path", "use a path such as /v1"),
    Mistake("generate -f OBJECTS --hostname a:80", "--hostname a:80: invalid host name", "use a name such as"),
    Mistake("generate -f OBJECTS --body-to-header ext-proc", "--body-to-header ext-proc: requires an .*", ""),
    Mistake("generate -f OBJECTS --epp-config no", "--epp-config no: cannot be read: .*", "check "),
    # Output and settings
    Mistake("generate -f OBJECTS --check", "--check: compares with files", "pass --output-dir or --output-file"),
    Mistake("generate -f OBJECTS --output-file no/x", "--output-file no/x: cannot be written: .*", "check "),
    Mistake(
        "generate -f OBJECTS --output-dir empty.yaml",
        "--output-dir empty.yaml: cannot be read: not a directory",
        "check the path",
    ),
    Mistake("generate -f OBJECTS --config no", "no: cannot be read: no such file or directory", "check the "),
    Mistake("generate", "llmd-routes.yaml:4: spec.gatway: unknown key", "use gateway", settings="  gatway: x\n"),
    Mistake("generate", 'llmd-routes.yaml:4: spec.epp: invalid value "x"', "use one of ", settings="  epp: x\n"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with files, and no cluster."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", "absent")
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder").mkdir()
    return tmp_path


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda each: each.words + each.stdin + each.settings)
def test_a_mistake(mistake: Mistake, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(mistake.stdin.encode())))
    if mistake.settings:
        (folder / "llmd-routes.yaml").write_text(SETTINGS + mistake.settings)
    done = run(*(PLACES.get(word, word) for word in mistake.words.split()))
    assert (done.code, done.stdout) == (2, "")
    fact, fix, *_ = done.stderr.splitlines()
    assert re.fullmatch(f"error: {mistake.fact}", fact)
    assert fix.startswith(f"  fix: {mistake.fix}")


@pytest.mark.parametrize(
    ("answer", "stderr"),
    [
        (replying({}, 401), "error: .*: rejected the credentials\n  fix: renew them, or check --context\n"),
        (
            replying({"message": "no"}, 403),
            "error: .*: /apis may not be read: no\n  fix: grant the ClusterRole system:discovery\n",
        ),
        (replying(b"<html>", 200), "error: .*\n  fix: .*"),
    ],
    ids=["401", "403", "not an API server"],
)
def test_a_cluster_that_refuses(answer: Reply, stderr: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda _: answer) as url:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(folder / "kubeconfig", url)))
        done = run("generate")
    assert (done.code, done.stdout) == (2, "")
    assert re.match(stderr, done.stderr), done.stderr


def test_an_unknown_context(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(folder / "kubeconfig", "http://127.0.0.1:1")))
    done = run("discover", "--context", "absent")
    assert (done.code, done.stdout) == (2, "")
    assert re.match("error: kubeconfig: .*absent.*\n  fix: check KUBECONFIG and --context\n", done.stderr), done.stderr
