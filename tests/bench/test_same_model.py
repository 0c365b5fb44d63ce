"""No body is routed by one model and picked for as another: every carrier beside the parser of endpoint pickers."""

from __future__ import annotations

import base64
import json
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.attack.carriers import CARRIERS, carrier_of, compare
from tests.attack.engines import REFUSED
from tests.attack.mutations import Mutant, json_mutants

from .bench import Toolchain
from .cases import LONG
from .gobuild import BODY_READER

COUNT = 50_000 if LONG else 5_000


@cache
def mutants() -> tuple[Mutant, ...]:
    # Other bodies than those that are compared with the parsers in Python.
    return tuple(json_mutants(COUNT, 20261128))


@cache
def models(program: Path) -> dict[bytes, Any]:
    """Return the model that the picker finds in each body, REFUSED if it answers 400."""
    bodies = [mutant.body for mutant in mutants()]
    lines = b"".join(base64.b64encode(body) + b"\n" for body in bodies)
    done = subprocess.run([program], input=lines, capture_output=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    read = [REFUSED if answer["refused"] else answer["model"] for answer in answers]
    return dict(zip(bodies, read, strict=True))


@pytest.mark.parametrize("carrier", CARRIERS)
def test_the_model_of_a_route_is_the_model_of_the_picker(carrier: str, bench_toolchain: Toolchain) -> None:
    found = models(bench_toolchain.programs[BODY_READER.name])
    counts = compare(carrier_of(carrier), mutants(), lambda mutant: found[mutant.body])
    assert min(counts["body"], counts["query"], counts["none"]) > 50, counts
