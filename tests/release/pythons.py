"""The oldest and the newest Python that the registries have: CPython in Go modules, for Linux and macOS. I/O.

Source: https://github.com/kluctl/go-embed-python, which holds https://github.com/astral-sh/python-build-standalone.
"""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path
from typing import Any, Final

from tests.bench.golang import find_go
from tests.bench.pins import Module
from tests.bench.progress import Report

from .executable import this_platform

_PATH: Final = "github.com/kluctl/go-embed-python"
# The newest one is that of the newest release of the module.
VERSIONS: Final = {
    "3.11": Module(_PATH, "v0.0.0-3.11.11-20241219-1"),
    "3.14": Module(_PATH, "v0.0.0-3.14.6-20260610-1"),
}
# As Go writes the mode of a file: https://pkg.go.dev/io/fs#FileMode.
_FOLDER: Final = 1 << 31
_PERMISSIONS: Final = 0o777


def extract_python(version: str, folder: Path, report: Report) -> Path:
    """Extract a Python into a folder; return its program.

    Raises BenchError if the module cannot be downloaded.
    """
    (module,) = find_go(report).download(VERSIONS[version])
    place = f"{VERSIONS[version]}/python/internal/data/{'-'.join(this_platform())}"
    with zipfile.ZipFile(module.zip) as archive:
        for entry in json.loads(archive.read(f"{place}/files.json"))["files"]:
            _extract(archive, place, entry, folder / entry["name"])
    return folder / "bin" / "python3"


def _extract(archive: zipfile.ZipFile, place: str, entry: dict[str, Any], path: Path) -> None:
    if entry["perm"] & _FOLDER:
        path.mkdir(parents=True, exist_ok=True)
    elif "symlink" in entry:
        path.symlink_to(entry["symlink"])
    else:
        name = f"{place}/{entry['name']}"
        data = gzip.decompress(archive.read(f"{name}.gz")) if entry.get("compressed") else archive.read(name)
        path.write_bytes(data)
        path.chmod(entry["perm"] & _PERMISSIONS)
