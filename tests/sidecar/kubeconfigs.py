"""Kubeconfigs of stand-ins for an API server."""

from __future__ import annotations

import json
from pathlib import Path


def write_kubeconfig(path: Path, url: str) -> None:
    """Write a kubeconfig for a server, with a token."""
    cluster = {"name": "fake", "cluster": {"server": url}}
    user = {"name": "fake", "user": {"token": "sesame"}}
    context = {"name": "fake", "context": {"cluster": "fake", "user": "fake"}}
    config = {"clusters": [cluster], "users": [user], "contexts": [context], "current-context": "fake"}
    path.write_text(json.dumps(config))
