"""The manifest of krew, which installs `kubectl llmd-routes` from the archives of a release. Pure.

Spec: https://krew.sigs.k8s.io/docs/developer-guide/plugin-manifest/
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from typing import Final

from ruamel.yaml import YAML

from .executable import FOLDER, PROGRAM

_ARCHIVE: Final = rf"{FOLDER}-(?P<version>.+)-(?P<system>[a-z]+)-(?P<architecture>[a-z0-9]+)\.tar\.gz"
_DESCRIPTION: Final = """\
Reads ModelServices of llm-d, in a cluster or in manifests, and generates the
InferencePools, HTTPRoutes and gateway configuration that route each request
by the model and the engine that its body names.
"""


def write_manifest(version: str, home: str, digests: Mapping[str, str]) -> str:
    """Return the manifest of a version whose archives are released at `home`, such as https://github.com/OWNER/NAME.

    `digests` are the SHA-256 digests of the archives by file name, one for each platform.
    """
    platforms = []
    for name, digest in sorted(digests.items()):
        parts = re.fullmatch(_ARCHIVE, name)
        if parts is None or parts["version"] != version:
            raise ValueError(f"{name}: is not an archive of {version}")
        platforms.append(
            {
                "selector": {"matchLabels": {"os": parts["system"], "arch": parts["architecture"]}},
                "uri": f"{home}/releases/download/v{version}/{name}",
                "sha256": digest,
                "bin": f"{FOLDER}/{PROGRAM}",
            }
        )
    spec = {
        "version": f"v{version}",
        "homepage": home,
        "shortDescription": "Route an llm-d gateway by model and engine",
        "description": _DESCRIPTION,
        "platforms": platforms,
    }
    plugin = {
        "apiVersion": "krew.googlecontainertools.github.com/v1alpha2",
        "kind": "Plugin",
        "metadata": {"name": FOLDER},
        "spec": spec,
    }
    text = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.sort_base_mapping_type_on_output = False, False  # type: ignore[assignment]
    yaml.width = 200
    yaml.dump(plugin, text)
    return text.getvalue()
