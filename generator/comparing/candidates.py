"""Choose the model and the engines to compare from a models list. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from llmd_routes.errors import InputError


class Entry(NamedTuple):
    """An entry of a models list: the name of a model, and its engine; `is_available` unless the list says otherwise."""

    model: str
    engine: str
    is_available: bool = True


def read_entries(body: object) -> list[Entry] | None:
    """Return the entries of a models list in their order, None if it is not a list.

    Source: https://platform.openai.com/docs/api-reference/models/list
    """
    listed = body.get("data") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        return None
    objects = [entry for entry in listed if isinstance(entry, dict)]
    return [
        Entry(entry["id"], entry["owned_by"], entry.get("available") is not False and entry.get("routed") is not False)
        for entry in objects
        if isinstance(entry.get("id"), str) and isinstance(entry.get("owned_by"), str)
    ]


def choose(entries: Sequence[Entry], model: str | None, engines: Sequence[str]) -> tuple[str, tuple[str, ...]]:
    """Return the model and the engines to compare: those that were passed, else those of the list.

    Without a model, it is the only one with several available engines. Raises InputError if there is no choice.
    """
    served: dict[str, list[str]] = {}
    for entry in entries:
        if entry.is_available and entry.engine not in served.setdefault(entry.model, []):
            served[entry.model].append(entry.engine)
    if model is None:
        model = _only([name for name, owners in served.items() if len(owners) > 1])
    elif model not in served:
        names = ", ".join(sorted(served)) or "no models"
        raise InputError(f"--model {model}: no available engine in the models list serves it; the list has {names}")
    unknown = [engine for engine in engines if engine not in served[model]]
    if unknown:
        raise InputError(
            f"--engine {unknown[0]}: not an available engine of {model}; use one of {', '.join(served[model])}"
        )
    chosen = tuple(dict.fromkeys(engines)) or tuple(served[model])
    if len(chosen) < 2:
        raise InputError(f"{model}: the only engine is {chosen[0]}, and a comparison needs two; pass another --model")
    return model, chosen


def _only(models: Sequence[str]) -> str:
    if not models:
        raise InputError("the models list has no model with several available engines; deploy the model on another one")
    if len(models) > 1:
        raise InputError(f"several models have several engines; pass --model with one of {', '.join(sorted(models))}")
    return models[0]
