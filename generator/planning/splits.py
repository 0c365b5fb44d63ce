"""Split requests that name no engine over the engines of their model. Pure, no I/O.

Source: HTTPBackendRef.weight, https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.options import Split
from llmd_routes.model.plan import Attachment, Backend

# The weight of each owner key, by model; models without a split are absent.
Splits = Mapping[str, Mapping[str, int]]


def splits(draft: Draft, asked: Sequence[Split], problems: Problems) -> dict[str, dict[str, int]]:
    """Return the weights that were asked for (`[MODEL=]OWNER=WEIGHT,...`), and add what is wrong with them.

    Without a MODEL it is for every model that two of the owners serve, as far as they do; one with a MODEL comes first.

        m served by     asked                       weights of m
        vllm, sglang    vllm=80,sglang=20           vllm: 80, sglang: 20
        vllm, sglang    vllm=8,sglang=1,tgi=1       a problem, when nothing is served by tgi
        vllm            vllm=80,sglang=20           none: all go to vllm
        vllm, sglang    m=vllm=1,sglang=0           vllm: 1, sglang: 0
    """
    owners = _owners(draft.backends)
    chosen: dict[str, dict[str, int]] = {}
    # Splits for individual models are written last, so they take precedence.
    for word, model, shares in sorted(asked, key=lambda split: split.model is not None):
        wrong = _wrong(word, model, shares, owners)
        problems.add(*([wrong] if wrong else []))
        models = [] if wrong else [model] if model is not None else _shared(shares, owners)
        chosen |= {each: {owner: shares[owner] for owner in shares if owner in owners[each]} for each in models}
    # If the body-based router chooses the engine, routes need no weights.
    if draft.carrier.kind == "none" or not all(
        by_name(one.implementation).draws for one in draft.route_set.attachments
    ):
        pools = any(backend.port is None for backend in draft.backends)
        problems.add(*_apart(chosen, owners), *(_refused(draft.route_set.attachments) if asked and pools else ()))
    return chosen


def _refused(attached: Sequence[Attachment]) -> list[str]:
    """Return an error for each Gateway whose implementation cannot split requests over InferencePools."""
    return [
        f"--split: {one.ref} runs {one.implementation}, and {fact}; remove the option, or select one engine"
        f" with --default-engine"
        for one in attached
        if (fact := by_name(one.implementation).weightless)
    ]


def _owners(found: Sequence[Backend]) -> dict[str, dict[str, Backend]]:
    owners: dict[str, dict[str, Backend]] = {}
    for backend in found:
        for model in backend.keyed.models:
            owners.setdefault(model, {})[backend.keyed.owner] = backend
    return owners


def _wrong(
    word: str, model: str | None, shares: Mapping[str, int], owners: Mapping[str, Mapping[str, Backend]]
) -> str | None:
    if model is not None and model not in owners:
        return f"--split {word}: no ModelService serves {model}; use one of {', '.join(sorted(owners)) or 'none'}"
    served = set(owners[model]) if model is not None else {owner for there in owners.values() for owner in there}
    unknown = ", ".join(sorted(shares.keys() - served))
    if unknown:
        what = f"{model} as {unknown}" if model is not None else f"as {unknown}"
        return f"--split {word}: no ModelService serves {what}; use {', '.join(sorted(served)) or 'none'}"
    if model is None and not _shared(shares, owners):
        return f"--split {word}: no model is served by two of these engines; remove the option"
    return None


def _shared(shares: Mapping[str, int], owners: Mapping[str, Mapping[str, Backend]]) -> list[str]:
    """Return the models that two of the owners serve, at least one of them with a weight."""
    there = {model: shares.keys() & served.keys() for model, served in owners.items()}
    return [model for model, both in sorted(there.items()) if len(both) > 1 and any(shares[owner] for owner in both)]


def _apart(chosen: Splits, owners: Mapping[str, Mapping[str, Backend]]) -> Iterator[str]:
    """Yield the splits over pools of several namespaces; a route must be in the namespace of its pools."""
    for model, shares in sorted(chosen.items()):
        places = sorted({owners[model][owner].target.namespace for owner in shares})
        if len(places) > 1:
            yield (
                f"--split: {model} is served in {', '.join(places)}, and one HTTPRoute cannot reference all"
                f" of them; remove the option"
            )
