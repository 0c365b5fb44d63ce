"""The manifest of krew names an archive for each platform."""

from __future__ import annotations

import pytest
from ruamel.yaml import YAML

from .krew import write_manifest

HOME = "https://github.com/example/llmd-routes"
DIGESTS = {
    f"llmd-routes-0.2.0rc1-{name}.tar.gz": letter * 64 for name, letter in (("linux-amd64", "a"), ("darwin-arm64", "b"))
}


def test_each_platform_has_its_archive() -> None:
    plugin = YAML(typ="safe").load(write_manifest("0.2.0rc1", HOME, DIGESTS))
    assert plugin["metadata"] == {"name": "llmd-routes"}
    assert plugin["spec"]["version"] == "v0.2.0rc1"
    assert [
        (each["selector"]["matchLabels"], each["uri"].rpartition("/")[2], each["sha256"][0])
        for each in plugin["spec"]["platforms"]
    ] == [
        ({"os": "darwin", "arch": "arm64"}, "llmd-routes-0.2.0rc1-darwin-arm64.tar.gz", "b"),
        ({"os": "linux", "arch": "amd64"}, "llmd-routes-0.2.0rc1-linux-amd64.tar.gz", "a"),
    ]
    assert {each["bin"] for each in plugin["spec"]["platforms"]} == {"llmd-routes/kubectl-llmd_routes"}


def test_an_archive_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match=r"is not an archive of 0\.2\.0"):
        write_manifest("0.2.0", HOME, DIGESTS)
