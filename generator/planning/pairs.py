"""The (model, owner key) pairs that requests are routed by, and the default engine of each model. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from llmd_routes.errors import Problems
from llmd_routes.model.inventory import ModelService
from llmd_routes.model.options import Default
from llmd_routes.model.plan import Keyed
from llmd_routes.names import OWNED_BY
from llmd_routes.notices import Notice
from llmd_routes.pods.engines import by_rank
from llmd_routes.sources.source import ROLES
from llmd_routes_sidecar.owners import INVALID_MODEL, is_owner, is_routable


def keyed(services: Sequence[ModelService], problems: Problems) -> tuple[list[Keyed], list[Notice]]:
    """Return the routable services in order, and why others are excluded; add conflicting pairs.

    Excluded are services with an unknown engine or models, those whose owner key is invalid in a request, and those
    that cannot receive requests. The inventory has a notice for each. Names that settings remove have no route.
    """
    found: list[Keyed] = []
    notices: list[Notice] = []
    for service in services:
        names = tuple(name for name in service.names if name not in service.removed_models)
        usable = tuple(name for name in names if is_routable(name))
        notices += [_unroutable(service, name) for name in names if not is_routable(name)]
        if service.owned_by is None or not is_owner(service.owned_by) or not usable or service.barred:
            continue
        if not _decodes(service):
            notices.append(_no_decode(service))
            continue
        found.append(Keyed(service, service.owned_by, usable))
    problems.add(*_twice(found))
    return found, notices


def _decodes(service: ModelService) -> bool:
    """Return whether some pods answer requests: pods that decode, or without a known role."""
    return not service.roles or any(role not in ROLES or role == "decode" for role in service.roles)


def _twice(found: Sequence[Keyed]) -> list[str]:
    """Return an error for every two services that the same request would match."""
    first: dict[tuple[str, str], Keyed] = {}
    clashes: dict[tuple[str, str, str], list[str]] = {}
    for one in found:
        for model in one.models:
            other = first.setdefault((model, one.owner), one)
            if other is not one:
                clashes.setdefault((other.service.title, one.service.title, one.owner), []).append(model)
    return [
        f"{first_title} and {title}: both serve {', '.join(models)} as {owner}; set a distinct {OWNED_BY}"
        f" label on their pods"
        for (first_title, title, owner), models in clashes.items()
    ]


def _unroutable(service: ModelService, name: str) -> Notice:
    why = "is reserved" if name == INVALID_MODEL else "cannot be a header value"
    fact = f"model name {name!r} {why}, so it is not routed"
    return Notice("unroutable-model", service.title, fact, "serve the model under a name of printable ASCII")


def _no_decode(service: ModelService) -> Notice:
    fact = f"its pods {' and '.join(service.roles)}, but none decode, so it is not routed"
    return Notice("no-decode", service.title, fact, "add the workload that decodes to the input")


def defaults(
    services: Sequence[Keyed], asked: Sequence[Default], before: Mapping[str, str], problems: Problems
) -> dict[str, str]:
    """Return the owner key of each model for requests that name none, and add what is wrong with `asked`.

    In this order: what was asked for (`[MODEL=]OWNER`), what the routes of this set have (`before`), the preference of
    engines, the first by name.

        serves m            asked           before      default of m
        vllm                -               -           vllm
        sglang, vllm        -               -           vllm
        sglang, vllm        -               m: sglang   sglang
        sglang, vllm        sglang          -           sglang
        sglang, vllm        m=tgi           -           a problem
    """
    owners: dict[str, set[str]] = {}
    for one in services:
        for model in one.models:
            owners.setdefault(model, set()).add(one.owner)
    chosen, general = _asked(asked, owners, problems)
    for model in sorted(owners):
        wishes = (chosen.get(model), general, before.get(model), *by_rank(), *sorted(owners[model]))
        chosen[model] = next(wish for wish in wishes if wish in owners[model])
    return chosen


def _asked(
    asked: Sequence[Default], owners: Mapping[str, set[str]], problems: Problems
) -> tuple[dict[str, str], str | None]:
    """Return the requested owner per model, and the one requested for all models; add invalid requests."""
    chosen: dict[str, str] = {}
    general: list[str] = []
    for word, model, owner in asked:
        served = owners.get(model, set()) if model is not None else {o for there in owners.values() for o in there}
        if model is not None and model not in owners:
            problems.add(f"--default-engine {word}: no ModelService serves {model}; use one of {_listed(set(owners))}")
        elif owner not in served:
            what = f"{model} as {owner}" if model is not None else f"as {owner}"
            problems.add(f"--default-engine {word}: no ModelService serves {what}; use one of {_listed(served)}")
        elif (model in chosen and chosen[model] != owner) if model is not None else (general and general != [owner]):
            problems.add(
                f"--default-engine {word}: a default for {model or 'all models'} is already set; remove one of them"
            )
        elif model is not None:
            chosen[model] = owner
        else:
            general = [owner]
    return chosen, general[0] if general else None


def _listed(words: set[str]) -> str:
    shown = sorted(words)
    return ", ".join(shown[:5]) + (f" (and {len(shown) - 5} more)" if len(shown) > 5 else "") if shown else "none"
