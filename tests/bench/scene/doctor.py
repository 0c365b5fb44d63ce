"""What doctor says about the Gateway of a scene."""

from __future__ import annotations

import json
from typing import Any

from tests.bench.cases import llmd_routes

from .scene import GATEWAY, Scene

Obj = dict[str, Any]


def diagnosis(scene: Scene, *options: str) -> tuple[int, Obj]:
    """Return the exit code of doctor about the Gateway of a scene, and its output.

    Raises AssertionError if doctor does not succeed in looking.
    """
    words = ("doctor", "-n", scene.namespace, "--gateway", f"{scene.namespace}/{GATEWAY}", "-o", "json", *options)
    done = llmd_routes(*words, bench=scene.cluster.bench)
    assert done.returncode in (0, 1), done.stderr
    output: Obj = json.loads(done.stdout)
    return done.returncode, output


def first(scene: Scene) -> tuple[str, str, str] | None:
    """Return severity, cause and object of the first finding."""
    findings = diagnosis(scene)[1]["findings"]
    return (findings[0]["severity"], findings[0]["cause"], findings[0]["object"]) if findings else None
