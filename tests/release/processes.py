"""Run a step of a release as a process. I/O."""

from __future__ import annotations

import subprocess
from pathlib import Path


def run_step(*command: str, variables: dict[str, str] | None = None, folder: Path | None = None) -> str:
    """Return what a command prints; new files are readable by everyone. Raises CalledProcessError with its errors."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=variables, cwd=folder, umask=0o022)
    if done.returncode:
        error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
        error.add_note(done.stderr or done.stdout)
        raise error
    return done.stdout
