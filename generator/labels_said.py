"""Compares what labels say of a model with what its server is told. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .inventory import ModelService
from .names import MODEL
from .notices import Problem

# What the modelservice chart wrote where nobody said anything.
_DEFAULTS = ("random_model",)


def lies_of(service: ModelService) -> Iterator[Problem]:
    """Yield that a label of pods names another model than they serve.

    Labels hold short forms (`Qwen3-32B` of `Qwen/Qwen3-32B`) or the name of a release, so only what has nothing of
    either is told; requests go by the arguments in any case.
    """
    said = sorted({value for template in service.templates if (value := template.labels.get(MODEL))})
    names = [service.name or "", service.release or "", *(ref.name for ref in service.workloads)]
    for value in said:
        known = [*service.models, *(model.rpartition("/")[2] for model in service.models), *names]
        if service.models and value not in _DEFAULTS and not any(_are_related(value, other) for other in known):
            fact = f"label {MODEL} = {value}, but it serves {', '.join(service.models)}"
            yield "label-lies", fact, "correct the label; requests go by what is served"


def _are_related(one: str, other: str) -> bool:
    first, second = (re.sub("[^a-z0-9]", "", text.lower()) for text in (one, other))
    return bool(first and second) and (first in second or second in first)
