"""Options and values that were renamed are accepted under their former names, which no help shows."""

from __future__ import annotations

import pytest

from tests.golden import DATA, run

TWO = str(DATA / "two-engines" / "objects.yaml")
WRONG = str(DATA / "shared-labels" / "objects.yaml")
PAIRS = [
    (TWO, ["--default", "sglang"], ["--default-engine", "sglang"]),
    (TWO, ["--timeout", "30s"], ["--route-timeout", "30s"]),
    (TWO, ["--body-limit", "1Mi"], ["--buffer-limit", "1Mi"]),
    (TWO, ["--image", "x/y:1", "--body-to-header", "sidecar"], ["--image", "x/y:1", "--body-to-header", "external"]),
    (TWO, ["--image", "x/y:1", "--models-endpoint", "aggregator"], ["--image", "x/y:1", "--models-endpoint", "server"]),
    (WRONG, ["--take-over"], ["--adopt-pools"]),
]


@pytest.mark.parametrize(("objects", "former", "today"), PAIRS, ids=[pair[1][-1] for pair in PAIRS])
def test_a_former_name_does_the_same(objects: str, former: list[str], today: list[str]) -> None:
    found, expected = run("generate", "-f", objects, *former), run("generate", "-f", objects, *today)
    assert found == expected
    assert expected != run("generate", "-f", objects)


def test_help_shows_the_names_of_today_only() -> None:
    shown = run("generate", "--help").stdout
    for former in ("--default ", "--timeout ", "--take-over", "--body-limit", "sidecar|", "aggregator|"):
        assert former not in shown


@pytest.mark.parametrize("name", ["LLMD_ROUTES_DEFAULT", "LLMD_ROUTES_DEFAULT_ENGINE"])
def test_environment_variables_have_both_names(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run("generate", "-f", TWO, "--default-engine", "sglang").manifests
    monkeypatch.setenv(name, "sglang")
    assert run("generate", "-f", TWO).manifests == expected
