"""The workflow that publishes: nothing in it floats, and its steps are those that are checked."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from .__main__ import STEPS
from .workflow import ELSEWHERE, PATH, read_jobs, read_steps

TEXT = PATH.read_text(encoding="utf-8")


def test_it_has_the_form_of_a_workflow() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(PATH)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_named_by_their_commits() -> None:
    used = re.findall(r"uses: (.*)", TEXT)
    assert used
    assert [line for line in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", line)] == []


def test_no_text_of_others_becomes_a_command() -> None:
    assert [step for step in read_steps() if "${{" in step.run] == []


def test_rights_are_those_of_the_jobs() -> None:
    assert YAML(typ="safe").load(TEXT)["permissions"] == {"contents": "read"}
    rights = {name: job.get("permissions", {}) for name, job in read_jobs().items()}
    writing = {name: {right for right, value in given.items() if value == "write"} for name, given in rights.items()}
    assert writing == {
        "check": set(),
        "distributions": set(),
        "executables": set(),
        "image": {"packages", "id-token", "attestations"},
        "publish": {"contents", "id-token", "attestations"},
    }


def test_each_step_is_run_by_a_check_or_cannot_be() -> None:
    steps = list(read_steps())
    assert set(ELSEWHERE) <= {step.name for step in steps}
    targets = [step.run.removeprefix("make release-") for step in steps if step.name not in ELSEWHERE]
    assert targets == ["notes", "distributions", "materials", "executable", "krew", "digests"]
    assert set(targets) <= set(STEPS)


@pytest.mark.parametrize(
    ("step", "repository", "error"),
    [
        ("materials", "", "has no wheel of"),
        ("krew", "", "GITHUB_REPOSITORY: is not set"),
        ("krew", "example/llmd-routes", "has no archives; run make release-executable first"),
    ],
)
def test_a_step_says_what_it_lacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, repository: str, error: str
) -> None:
    monkeypatch.setenv("GITHUB_REPOSITORY", repository)
    with pytest.raises(ValueError, match=error):
        STEPS[step](tmp_path)


def test_the_notes_are_refused_for_the_tag_of_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_REF_NAME", "v9.9.9")
    with pytest.raises(ValueError, match=r"tag v9\.9\.9: the version of the commit is "):
        STEPS["notes"](tmp_path)
    assert list(tmp_path.iterdir()) == []
