"""What the program imports is what its installation has, without extras and with them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.release.distributions import PACKAGES

ROOT = Path(__file__).resolve().parent.parent


def imports_of(path: Path) -> set[str]:
    """Return the modules that a file imports at any place but for type checkers, relative imports resolved."""
    package = [PACKAGES[path.relative_to(ROOT).parts[0]], *path.relative_to(ROOT).parts[1:-1]]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    unused = {id(inner) for node in typing for inner in ast.walk(node)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and id(node) not in unused:
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and id(node) not in unused:
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            found |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return found


def needed(start: str) -> set[str]:
    """Return the third-party packages that the modules of a directory import, directly or indirectly."""
    files = {name: ROOT / folder for folder, name in PACKAGES.items()}
    left, seen, others = list((ROOT / start).rglob("*.py")), set[Path](), set[str]()
    while left:
        path = left.pop()
        if path in seen:
            continue
        seen.add(path)
        for name in imports_of(path):
            top, *inner = name.split(".")
            if top in files:
                place = files[top].joinpath(*inner)
                left += [each for each in (place.with_suffix(".py"), place / "__init__.py") if each.is_file()]
            elif top not in sys.stdlib_module_names:
                others.add(top)
    return others


def declared(names: list[str]) -> set[str]:
    """Return the top-level modules of requirements."""
    modules = {
        "ruamel.yaml": "ruamel",
        "xds-protos": "envoy",
        "grpcio": "grpc",
        "grpcio-health-checking": "grpc_health",
    }
    parsed = [re.split(r"[\[><=]", name)[0] for name in names]
    return {modules.get(name, name.replace("-", "_")) for name in parsed}


def test_an_installation_without_extras_has_everything_that_the_generator_imports() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    core = declared(project["dependencies"])
    assert needed("generator") == core | declared(project["optional-dependencies"]["compare"])
    # The client of kubernetes returns objects of aiohttp; protobuf comes with the messages of Envoy.
    extra = declared(project["optional-dependencies"]["sidecar"]) | {"aiohttp", "google", "validate", "udpa", "xds"}
    assert needed("sidecar") <= core | extra


def test_every_module_can_be_imported_without_the_extra_of_compare() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    absent = sorted(declared(project["optional-dependencies"]["compare"]))
    program = f"""
import importlib, pkgutil, sys
sys.modules.update(dict.fromkeys({absent}))
import llmd_routes
for module in pkgutil.walk_packages(llmd_routes.__path__, "llmd_routes."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
        print(module.name)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "llmd_routes.comparing.plots" in done.stdout.split()
