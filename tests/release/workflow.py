"""The workflow that publishes a version, as a table of its steps. Pure but for reading the file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from ruamel.yaml import YAML

PATH: Final = Path(__file__).resolve().parents[2] / ".github" / "workflows" / "release.yml"
# What tests cannot do: it writes to registries, or is a test itself.
ELSEWHERE: Final = {
    "Test the commit": "CI runs it for each commit",
    "Check what will be published": "it is the check that reads this table",
    "Publish the image": "needs Docker and a registry",
    "Publish the release": "needs the repository's server",
}


class Step(NamedTuple):
    """A step of a job that runs commands."""

    job: str
    name: str
    run: str


def read_jobs() -> dict[str, Any]:
    """Return the jobs by name."""
    jobs: dict[str, Any] = YAML(typ="safe").load(PATH.read_text(encoding="utf-8"))["jobs"]
    return jobs


def read_steps() -> Iterator[Step]:
    """Yield the steps of all jobs that run commands, in the order in which a release runs them."""
    for job, content in read_jobs().items():
        for step in content["steps"]:
            if "run" in step:
                yield Step(job, step["name"], step["run"])
