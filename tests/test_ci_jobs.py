"""The jobs that keep the routes of a repository: checked by the schemas of those who run them, their commands run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from .golden import DATA

JOBS = DATA.parent.parent / "manifests" / "ci"
HOOKS = DATA.parent.parent / ".pre-commit-hooks.yaml"


@pytest.mark.parametrize(
    ("file", "schema"),
    [
        (JOBS / "github-actions.yaml", "vendor.github-workflows"),
        (JOBS / "gitlab-ci.yaml", "vendor.gitlab-ci"),
    ],
    ids=["github", "gitlab"],
)
def test_jobs_are_what_their_runners_take(file: Path, schema: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def commands(name: str) -> list[str]:
    """Return the commands of a job, without those that install."""
    found = YAML(typ="safe").load((JOBS / name).read_text(encoding="utf-8"))["jobs" if "github" in name else "routes"]
    steps = [step["run"] for step in found["routes"]["steps"] if "run" in step] if "github" in name else found["script"]
    return [step for step in steps if not step.startswith(("pip ", "apt-get "))]


@pytest.mark.parametrize("name", ["github-actions.yaml", "gitlab-ci.yaml"])
def test_the_commands_commit_the_routes_once(name: str, tmp_path: Path) -> None:
    remote, clone = tmp_path / "remote.git", tmp_path / "clone"
    folder = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {"PATH": folder, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}

    def sh(*scripts: str) -> str:
        where = clone if clone.exists() else tmp_path
        script = "\n".join(("set -eu", *scripts))
        # A push goes to the remote of the clone: there is no server here.
        script = re.sub(
            r'git push "https://[^"]+" \\\n\s+"HEAD:\$CI_MERGE_REQUEST_SOURCE_BRANCH_NAME"', "git push", script
        )
        done = subprocess.run(
            ["sh", "-c", script], cwd=where, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    sh(f"git init -q --bare -b main {remote}", f"git clone -q {remote} {clone} 2>/dev/null")
    (clone / "llm").mkdir()
    shutil.copyfile(DATA / "two-engines" / "objects.yaml", clone / "llm" / "objects.yaml")
    sh(
        "git add .",
        "git -c user.name=a -c user.email=a@example.com commit -qm first",
        "git push -q -u origin HEAD:main",
    )
    # As CI runs them: GitHub each in a shell of its own.
    for command in commands(name):
        sh(command)
    assert "llm/routes/kustomization.yaml" in sh(f"git --git-dir={remote} ls-tree -r --name-only main")
    assert sh(f"git --git-dir={remote} rev-list --count main") == "2\n"
    for command in commands(name):
        sh(command)
    assert sh(f"git --git-dir={remote} rev-list --count main") == "2\n"


def test_the_documentation_configures_the_hook(tmp_path: Path) -> None:
    readme = (HOOKS.parent / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
    block = re.search(r"^    - repo: .*\n(    .*\n)+", readme, re.MULTILINE)
    assert block
    (tmp_path / "config.yaml").write_text(f"repos:\n{block[0]}", encoding="utf-8")
    validate = [sys.executable, "-m", "pre_commit", "validate-config", "config.yaml"]
    assert subprocess.run(validate, cwd=tmp_path, check=False).returncode == 0
    assert f"id: {YAML(typ='safe').load(HOOKS.read_text(encoding='utf-8'))[0]['id']}\n" in block[0]


def test_the_hook_runs_a_command_of_the_program(tmp_path: Path) -> None:
    validate = [sys.executable, "-m", "pre_commit", "validate-manifest", str(HOOKS)]
    assert subprocess.run(validate, cwd=tmp_path, check=False).returncode == 0
    (hook,) = YAML(typ="safe").load(HOOKS.read_text(encoding="utf-8"))
    shutil.copyfile(DATA / "two-engines" / "objects.yaml", tmp_path / "objects.yaml")
    command = [str(Path(sys.executable).parent / hook["entry"].split()[0]), *hook["entry"].split()[1:]]
    argv = [*command, "-f", "objects.yaml", "--output-dir", "routes"]
    assert subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False).returncode == 1
    written = subprocess.run(
        [word for word in argv if word != "--check"], cwd=tmp_path, capture_output=True, check=False
    )
    assert written.returncode == 0
    assert subprocess.run(argv, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    assert re.search(hook["files"], "a/b.yaml")
    assert not re.search(hook["files"], "a/b.txt")
