"""Write libraries in place of those of CUDA, with which PyPI's torch is linked, so that it starts without them.

Each function returns the error for a missing device, so torch uses the CPU; torch itself is not changed. `readelf` and
`gcc` are required.
"""

from __future__ import annotations

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_NO_DEVICE: Final = 100  # cudaErrorNoDevice and CUDA_ERROR_NO_DEVICE
_OF_SYSTEM: Final = re.compile(r"lib(pthread|m|dl|c|rt|gcc_s|stdc\+\+|gomp)\.so|ld-linux")
_OF_CUDA: Final = re.compile(r"_*(cu|nccl|nv)")
_TEXT: Final = re.compile(r"(String|Name)$")
_NEEDED: Final = re.compile(r"\(NEEDED\).*\[(.+)\]")
_FILE: Final = re.compile(r"Version: 1 +File: (\S+)")
_VERSION: Final = re.compile(r"Name: (\S+) +Flags")


@dataclass
class _Symbols:
    """The dynamic symbols of libraries: what they define and what they need, with the file of each version."""

    needed_files: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)
    needed: set[tuple[str, str]] = field(default_factory=set)
    file_of: dict[str, str] = field(default_factory=dict)

    def read(self, library: Path) -> None:
        """Add those of a library."""
        file = ""
        for line in _run("readelf", "-W", "-d", "-V", "--dyn-syms", str(library)).splitlines():
            if found := _NEEDED.search(line):
                self.needed_files.add(found[1])
            elif found := _FILE.search(line):
                file = found[1]
            elif file and (found := _VERSION.search(line)):
                self.file_of[found[1]] = file
            else:
                self._add(line.split())

    def _add(self, columns: list[str]) -> None:
        if len(columns) < 8 or columns[4] not in ("GLOBAL", "WEAK", "UNIQUE"):
            return
        name, _, version = columns[7].partition("@")
        if columns[6] != "UND":
            self.defined.add(name)
        elif columns[4] == "GLOBAL":
            self.needed.add((name, version.lstrip("@")))


def write_stand_ins(libraries: Path, out: Path) -> list[str]:
    """Write a library to `out` for each one that those in a folder need and that does not exist; return their names."""
    out.mkdir(parents=True, exist_ok=True)
    symbols = _Symbols()
    for library in sorted(libraries.glob("lib*.so")):
        symbols.read(library)
    own = {file.name for file in libraries.iterdir()}
    missing = sorted(file for file in symbols.needed_files - own if not _OF_SYSTEM.match(file))
    for file in missing:
        _compile(out, file, dict(_functions(symbols, file, missing)))
    return missing


def _functions(symbols: _Symbols, file: str, missing: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield the functions of a missing file by their version, "" without one."""
    # Symbols without a version are those of NCCL.
    plain = next((each for each in missing if each.startswith("libnccl")), "")
    names = defaultdict[str, list[str]](list)
    for name, version in sorted(symbols.needed):
        place = symbols.file_of.get(version, plain) if version else plain
        if place == file and name not in symbols.defined and _OF_CUDA.match(name):
            names[version].append(name)
    yield from names.items()


def _compile(out: Path, file: str, functions: Mapping[str, list[str]]) -> None:
    source, script = out / "stand_in.c", out / "stand_in.map"
    lines = [f"int stand_in_for_{re.sub('[^a-z0-9]', '_', file.lower())};"]
    for name in (name for names in functions.values() for name in names):
        text = f'const char *{name}(void) {{ return "no CUDA"; }}'
        lines.append(text if _TEXT.search(name) else f"long {name}(void) {{ return {_NO_DEVICE}; }}")
    source.write_text("\n".join([*lines, ""]))
    versions = {version: names for version, names in functions.items() if version}
    script.write_text("".join(f"{version} {{ global: {'; '.join(names)}; }};\n" for version, names in versions.items()))
    flags = [f"-Wl,--version-script={script}"] if versions else []
    _run(
        "gcc",
        "-w",
        "-fno-builtin",
        "-shared",
        "-fPIC",
        f"-Wl,-soname,{file}",
        *flags,
        "-o",
        str(out / file),
        str(source),
    )


def _run(*words: str) -> str:
    return subprocess.run(words, text=True, capture_output=True, check=True).stdout
