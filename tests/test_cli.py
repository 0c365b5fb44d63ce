"""The command line as a user meets it: a table of (argv, exit code, stdout, stderr), in process."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from ruamel.yaml import YAML

from llmd_routes import __version__
from llmd_routes.cli import cli, main
from llmd_routes.errors import ClusterError, InputError, PlanError

from .golden import DATA, run

EXAMPLE = str(DATA / "two-engines" / "objects.yaml")
NO_SERVICE = "error: no ModelService in the input\n  fix: check -f and -n\n"
ELSEWHERE = (
    "error: no ModelService in this namespace; the input has some in llm-d-multi-engine\n"
    "  fix: pass -n llm-d-multi-engine\n"
)
NO_GATEWAY = (
    "error: the input contains no Gateway\n  fix: add its manifest, or pass --gateway NS/NAME --implementation NAME\n"
)
TABLE = [
    (["--version"], 0, f"llmd-routes {__version__}\n", ""),
    (["--nonsense"], 2, "", "error: --nonsense: unknown option\n  fix: see llmd-routes --help\n"),
    (["nonsense"], 2, "", "error: nonsense: unknown command\n  fix: see llmd-routes --help\n"),
    (
        ["discover"],
        2,
        "",
        "error: no kubeconfig found, and not running in a cluster\n  fix: set KUBECONFIG, or pass manifests with -f\n",
    ),
    (
        ["discover", "--context", "nowhere"],
        2,
        "",
        "error: no kubeconfig found, and not running in a cluster\n  fix: set KUBECONFIG, or pass manifests with -f\n",
    ),
    (
        ["discover", "--request-timeout", "soon"],
        2,
        "",
        "error: --request-timeout soon: invalid duration\n  fix: use a duration such as 30s, or 0 for no limit\n",
    ),
    (
        ["generate", "-f", EXAMPLE, "--context", "a"],
        2,
        "",
        "error: --context: applies only to a cluster, and -f reads files\n  fix: remove one of them\n",
    ),
    (
        ["discover", "-f", "-", "-A", "-n", "a"],
        2,
        "",
        "error: -A and -n: mutually exclusive\n  fix: pass one of them\n",
    ),
    (
        ["discover", "-f", "-", "--ask-engines"],
        2,
        "",
        "error: --ask-engines: applies only to a cluster, and -f reads files\n  fix: remove one of them\n",
    ),
    (
        ["generate", "-f", EXAMPLE, "--output-dir", "a", "--output-file", "b"],
        2,
        "",
        "error: --output-file and --output-dir: mutually exclusive\n  fix: pass one of them\n",
    ),
    (
        ["generate", "-f", EXAMPLE, "--output-dir", "a", "-o", "json"],
        2,
        "",
        "error: -o json: --output-dir writes YAML files\n  fix: remove one of the options\n",
    ),
    (
        ["generate", "-f", EXAMPLE, "--check"],
        2,
        "",
        "error: --check: compares with files\n  fix: pass --output-dir or --output-file too\n",
    ),
    (["discover", "-f", "no.yaml"], 2, "", "error: no.yaml: no such file or directory\n  fix: check the path\n"),
    (
        ["discover", "-f", "-"],
        1,
        "",
        f"Gateways: none\nInferencePools: none\nHTTPRoutes: none\n{NO_SERVICE}",
    ),
    (
        ["discover", "-f", EXAMPLE, "-n", "elsewhere"],
        1,
        "",
        "Gateways: inference-gateway (istio)\nInferencePools: none\nHTTPRoutes: none\n"
        "ignored: Deployment/gaie-sglang-qwen2-5-0-5b-epp: an endpoint picker (EPP)\n"
        "ignored: Deployment/gaie-vllm-qwen2-5-0-5b-epp: an endpoint picker (EPP)\n"
        f"{ELSEWHERE}",
    ),
]


# What variables of the environment stand for, beside what `generate` prints with that as options.
VARIABLES = [
    ({"LLMD_ROUTES_INSTANCE": "mine"}, [], ["--instance", "mine"]),
    ({"LLMD_ROUTES_INSTANCE": "mine"}, ["--instance", "other"], ["--instance", "other"]),
    ({"LLMD_ROUTES_HOSTNAME": "a.example b.example"}, [], ["--hostname", "a.example", "--hostname", "b.example"]),
    ({"LLMD_ROUTES_HOSTNAME": "a.example"}, ["--hostname", "b.example"], ["--hostname", "b.example"]),
    ({"LLMD_ROUTES_NO_CATCH_ALL": "true", "LLMD_ROUTES_LAYOUT": ""}, [], ["--no-catch-all"]),
    # A standing wish about clusters is none about files.
    ({"LLMD_ROUTES_CONTEXT": "a", "LLMD_ROUTES_ASK_ENGINES": "1", "LLMD_ROUTES_OUTPUT": "json"}, [], []),
]


@pytest.mark.parametrize(("variables", "given", "same_as"), VARIABLES)
def test_variables_stand_for_options(
    variables: dict[str, str], given: list[str], same_as: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("generate", "-f", EXAMPLE, *same_as)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    found = run("generate", "-f", EXAMPLE, *given)
    assert found.code == 0
    assert (found.manifests, found.stderr) == (expected.manifests, expected.stderr)


def test_a_variable_of_a_wrong_value_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMD_ROUTES_LAYOUT", "x")
    found = run("generate", "-f", EXAMPLE)
    assert (found.code, found.stdout) == (2, "")
    assert found.stderr == "error: LLMD_ROUTES_LAYOUT x: invalid value\n  fix: use one of packed, per-service\n"


@pytest.mark.parametrize(("argv", "code", "stdout", "stderr"), TABLE, ids=[" ".join(row[0]) for row in TABLE])
def test_table(
    argv: list[str],
    code: int,
    stdout: str,
    stderr: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.setenv("HOME", "/nonexistent")
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    assert main(argv) == code
    assert capsys.readouterr() == (stdout, stderr)


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_goes_to_stdout(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([flag]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("Usage: llmd-routes")
    assert err == ""


def test_without_a_command_the_help_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Usage: llmd-routes")


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_discover_prints_the_same_as_json_and_yaml(output: str) -> None:
    done = run("discover", "-f", EXAMPLE, "-o", output)
    found = YAML(typ="safe").load(done.stdout)
    assert (done.code, done.stderr) == (0, "")
    assert [(s["name"], s["engine"], s["ports"]) for s in found["modelServices"]] == [
        ("ms-sglang-qwen2-5-0-5b-llm-d-modelservice", "sglang", [30000]),
        ("ms-vllm-qwen2-5-0-5b-llm-d-modelservice", "vllm", [8000]),
    ]


def test_notices_of_the_reading_are_shown(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(Path(EXAMPLE).read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("more.yaml", "values.yaml"):
        (tmp_path / name).write_text("replicas: 1\n", encoding="utf-8")
    done = run("discover", "-f", str(tmp_path))
    assert done.code == 0
    both = f"{tmp_path}/more.yaml:1, {tmp_path}/values.yaml:1"
    assert (
        "warning: a document is not a Kubernetes object [not-an-object]\n"
        f"  {both}: not a Kubernetes object, so it was skipped\n"
    ) in done.stderr


def test_settings_are_read_from_the_working_directory_or_as_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = str(Path(EXAMPLE).resolve())
    monkeypatch.chdir(tmp_path)
    workload = "Deployment/ms-vllm-qwen2-5-0-5b-llm-d-modelservice-decode"
    text = f"modelServices: {{{workload}: {{ownedBy: fast}}}}\ndefaults: {{'*': fast}}\n"
    (tmp_path / "llmd-routes.yaml").write_text(text)
    done = run("generate", "-f", example)
    assert (done.code, "as fast (default)" in done.stderr) == (0, True)
    assert "as sglang (default)" in run("generate", "-f", example, "--default-engine", "sglang").stderr
    # It is never read as a manifest.
    (tmp_path / "objects.yaml").write_text(Path(example).read_text(encoding="utf-8"), encoding="utf-8")
    assert "not-an-object" not in run("discover", "-f", str(tmp_path)).stderr
    (tmp_path / "other.yaml").write_text("modelServices: {Deployment/x: {exclude: true}}\n")
    for command in ("discover", "generate", "label"):
        wrong = run(command, "-f", example, "--config", "other.yaml")
        assert (wrong.code, wrong.stdout) == (2, "")
        assert wrong.stderr.startswith(
            "error: llmd-routes.yaml: modelServices.Deployment/x: matches no ModelService\n  fix: "
        )
    absent = run("discover", "-f", example, "--config", "no.yaml")
    assert absent.stderr == "error: no.yaml: cannot be read: no such file or directory\n  fix: check the path\n"


@contextmanager
def command_that(act: Callable[[], object]) -> Iterator[str]:
    """Add a command to the program for a moment; it does `act`, and its result is the exit code."""
    cli.add_command(click.Command("act", callback=act))
    try:
        yield "act"
    finally:
        del cli.commands["act"]


def raising(error: BaseException) -> Callable[[], object]:
    def act() -> object:
        raise error

    return act


FAILURES = [
    (InputError("a.yaml: is empty; give manifests"), 2, "error: a.yaml: is empty\n  fix: give manifests\n"),
    (
        ClusterError(["x: no answer; retry", "y: no answer; retry"]),
        2,
        "error: x: no answer\n  fix: retry\nerror: y: no answer\n  fix: retry\n",
    ),
    (PlanError("Gateway a: two fit; give --gateway"), 2, "error: Gateway a: two fit\n  fix: give --gateway\n"),
    (click.UsageError("two\nlines"), 2, "error: two lines\n"),
    (PlanError("Gateway a\nb\x1b[31m: is odd; mend it"), 2, "error: Gateway a\\nb\\x1b[31m: is odd\n  fix: mend it\n"),
    (KeyboardInterrupt(), 130, ""),
    (BrokenPipeError(), 2, ""),
]


@pytest.mark.parametrize(("error", "code", "stderr"), FAILURES, ids=[type(row[0]).__name__ for row in FAILURES])
def test_failures(error: BaseException, code: int, stderr: str, capfd: pytest.CaptureFixture[str]) -> None:
    with command_that(raising(error)) as name:
        assert main([name]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert err.strip() == stderr.strip()


def test_a_command_gives_the_exit_code() -> None:
    with command_that(lambda: 1) as name:
        assert main([name]) == 1
    with command_that(lambda: None) as name:
        assert main([name]) == 0


def test_a_bug_keeps_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    with command_that(raising(ZeroDivisionError("division by zero"))) as name:
        assert main([name]) == 70
    out, err = capsys.readouterr()
    assert out == ""
    assert "ZeroDivisionError: division by zero" in err
    assert err.endswith("error: this is a bug in llmd-routes\n  fix: report it with the lines above\n")


def test_a_closed_pipe_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "llmd_routes", "discover", "-f", EXAMPLE]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (2, "")


def test_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "llmd_routes", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"llmd-routes {__version__}\n", "")


def test_a_folder_inside_the_input_is_the_same_every_time(tmp_path: Path) -> None:
    (tmp_path / "objects.yaml").write_text(Path(EXAMPLE).read_text(encoding="utf-8"), encoding="utf-8")
    folder = tmp_path / "routes"
    argv = ("generate", "-R", "-f", str(tmp_path), "--output-dir", str(folder))
    stale = run(*argv, "--check")
    assert (stale.code, stale.stdout, folder.exists()) == (1, "", False)
    assert f"{folder}/kustomization.yaml: is missing" in stale.stderr.splitlines()
    made = run(*argv)
    assert (made.code, made.stdout) == (0, "")
    first = {path.name: path.read_bytes() for path in folder.iterdir()}
    texts = YAML(typ="safe").load_all(run("generate", "-f", EXAMPLE).stdout)
    assert len(first) == len(list(texts)) + 1
    assert run(*argv).code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == first
    fresh = run(*argv, "--check")
    assert (fresh.code, fresh.stdout, fresh.stderr) == (0, "", "")


def test_a_folder_keeps_the_default_engine_and_loses_what_is_left_over(tmp_path: Path) -> None:
    folder = tmp_path / "routes"
    argv = ("generate", "-f", EXAMPLE, "--output-dir", str(folder))
    assert "as vllm (default)" in run(*argv).stderr
    assert "as sglang (default)" in run(*argv, "--default-engine", "sglang").stderr
    assert "as sglang (default)" in run(*argv).stderr
    left = folder / "httproute_ns_left.yaml"
    instance = "llm-d-multi-engine.inference-gateway"
    left.write_text(f"kind: HTTPRoute\nmetadata: {{name: left, labels: {{llmd-routes/instance: {instance}}}}}\n")
    (folder / "mine.yaml").write_text("kind: HTTPRoute\nmetadata: {name: mine}\n")
    assert f"{left}: is left over\n" == run(*argv, "--check").stderr
    assert run(*argv).code == 0
    assert (left.exists(), (folder / "mine.yaml").exists()) == (False, True)
    assert run(*argv, "--instance", "other").stderr == (
        "error: --output-dir: kustomization.yaml was not generated for instance other\n"
        "  fix: use another directory, or pass --instance\n"
    )


def test_a_file_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "routes.yaml"
    argv = ("generate", "-f", EXAMPLE, "--output-file", str(path))
    assert (run(*argv, "--check").code, path.exists()) == (1, False)
    assert run(*argv).code == 0
    assert run(*argv, "--check").code == 0
    path.write_text("x")
    done = run(*argv, "--check")
    assert (done.code, done.stdout, done.stderr) == (1, "", f"{path}: is not up to date\n")


LABEL = "app.kubernetes.io/instance=ms-vllm-qwen2-5-0-5b"


def test_a_selector_shows_and_routes_single_services() -> None:
    shown = run("discover", "-f", EXAMPLE, "-l", LABEL)
    assert (shown.code, shown.stdout.count("\n"), " vllm " in shown.stdout) == (0, 2, True)
    assert f"next: llmd-routes generate -f {EXAMPLE} -l {LABEL}" in shown.stderr
    made = run("generate", "-f", EXAMPLE, "-l", LABEL, "--instance", "mine")
    assert made.code == 0
    assert "gaie-vllm-" in made.stdout and "gaie-sglang-" not in made.stdout


@pytest.mark.parametrize("command", ["discover", "generate"])
def test_a_selector_that_matches_nothing(command: str) -> None:
    options = [] if command == "discover" else ["--instance", "mine"]
    done = run(command, "-f", EXAMPLE, "-l", "a=b", *options)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == "error: -l a=b: matches no ModelService\n  fix: check the labels of the workloads\n"
    assert run(command, "-f", EXAMPLE, "-l", "a=", *options).code == 2
    assert run(command, "-f", EXAMPLE, "-l", "a>", *options).stderr.startswith("error: -l a>: invalid label selector\n")


def test_a_selector_needs_an_instance_of_its_own() -> None:
    done = run("generate", "-f", EXAMPLE, "-l", LABEL)
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: -l {LABEL}: would replace the routes of other ModelServices\n  fix: pass --instance NAME\n"
    )


def test_settings_hold_options_and_the_command_line_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = str(Path(EXAMPLE).resolve())
    monkeypatch.chdir(tmp_path)
    head = "apiVersion: llmd-routes/v1alpha1\nkind: Configuration\n"
    spec = f"  filename: {example}\n  context: c\n  namespace: [llm-d-multi-engine]\n  instance: mine\n"
    (tmp_path / "llmd-routes.yaml").write_text(f"{head}spec:\n{spec}")
    made = run("generate")
    assert made.code == 0 and "instance mine\n" in made.stderr
    assert "instance other\n" in run("generate", "--instance", "other").stderr
    assert run("generate", "-A").code == 0
    monkeypatch.setenv("LLMD_ROUTES_INSTANCE", "variable")
    assert "instance variable\n" in run("generate").stderr
    wrong = run("generate", "--config", str(tmp_path / "no.yaml"))
    assert (wrong.code, wrong.stdout) == (2, "")


def test_discover_shows_what_blocks_generate_with_its_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = str(Path(EXAMPLE).resolve())
    monkeypatch.chdir(tmp_path)
    head = "apiVersion: llmd-routes/v1alpha1\nkind: Configuration\n"
    (tmp_path / "llmd-routes.yaml").write_text(f"{head}spec:\n  gateway: absent\n")
    shown = run("discover", "-f", example)
    assert shown.stderr.count("error: ") == 1 and "--gateway absent: not in the input" in shown.stderr
    assert run("generate", "-f", example).code == 2
    (tmp_path / "llmd-routes.yaml").write_text(f"{head}spec:\n  gatway: absent\n")
    for command in ("discover", "generate", "label", "diff"):
        done = run(command, "-f", example)
        assert (done.code, done.stdout) == (2, "")
        assert done.stderr == "error: llmd-routes.yaml:4: spec.gatway: unknown key\n  fix: use gateway\n"
