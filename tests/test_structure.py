"""The tests mirror the packages, and no room is left without a test of its name."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Data and types, which have nothing to test by themselves; the tests of what reads them are named in brackets.
DATA = {
    *("model/bodies", "model/choices", "model/endpoint", "model/inventory", "model/options", "model/printed", "names"),
    *("model/body_readings", "model/explanation", "model/findings", "model/precedence", "model/processors"),
    *("model/controller", "model/graph", "model/probes", "model/requests"),
    # A row of a table (test_engines).
    *(f"pods/engines/{name}" for name in ("engine", "llamacpp", "others", "programs", "sglang", "tensorrt_llm", "tgi")),
    "pods/engines/vllm",
    # A row of a table (test_implementation).
    *(f"gateways/{name}" for name in ("cilium", "kthena", "nginx", "refused")),
    # What the report says (test_body_filter).
    "gateways/body_note",
}
# The commands are tested as they are called (test_cli, test_generate, test_krm, test_post_render).
COMMANDS = "cli"


def modules() -> set[str]:
    folder = ROOT / "generator"
    return {
        path.relative_to(folder).with_suffix("").as_posix()
        for path in folder.rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    }


def test_every_module_has_a_test_of_its_name_beside_those_of_its_package() -> None:
    folder = ROOT / "tests" / "generator"
    lacking = {
        module
        for module in modules()
        if not module.startswith(f"{COMMANDS}/")
        and module not in DATA
        and not (folder / module).with_name(f"test_{Path(module).name}.py").exists()
    }
    assert lacking == set()


def test_what_is_excepted_is_there() -> None:
    assert modules() >= DATA
