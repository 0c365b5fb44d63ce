"""Check whether a selector separates the pods of a ModelService, and what the pools around it select. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.model.inventory import ModelService, Pool
from llmd_routes.notices import LABEL, Notice
from llmd_routes.text.placeholders import RENDER, placeholder_in

from .selectors import common_labels
from .separation import Separation

# Prefixes of origins that a person can change; all other origins are controllers.
_SOURCES = ("the values of ", "the source of ", "its source")


def notices_of_separation(service: ModelService, separation: Separation) -> list[Notice]:
    """Return why no selector matches exactly this service's pods, and which pools select them with other pods."""
    mixed = list(_mixed(service, separation))
    if service.selector is not None:
        return mixed
    common = common_labels(list(service.templates))
    if unrendered := _unrendered(service):
        fact = f"labels of its pods are not rendered ({', '.join(unrendered)}), so no InferencePool can select them"
        return [Notice("not-rendered", service.title, fact, RENDER), *mixed]
    if not common:
        return [Notice("no-common-label", service.title, _unlabelled(service), LABEL), *mixed]
    rivals = separation.index.taken(common, service.namespace or None)
    peers = tuple(separation.others(rivals))
    others = ", ".join(peers or separation.strangers(rivals))
    fact = f"its pods carry no label that the pods of {others} do not carry, so no InferencePool can select only them"
    joint = "their pods carry the same labels, so no InferencePool can select one of them" if peers else ""
    return [Notice("cross-selection", service.title, fact, LABEL, peers, joint), *mixed]


def _unlabelled(service: ModelService) -> str:
    if len(service.workloads) == 1:
        return "its serving pods carry no label, so no InferencePool can select them"
    names = " and ".join(f"{ref.kind}/{ref.name}" for ref in service.workloads)
    return f"the serving pods of {names} share no label, so no InferencePool can select both"


def _unrendered(service: ModelService) -> list[str]:
    pairs = {f"{key}={value}" for each in service.templates for key, value in each.labels.items()}
    return sorted(pair for pair in pairs if placeholder_in(pair))


def _mixed(service: ModelService, separation: Separation) -> Iterator[Notice]:
    """Yield a notice for each set of other workloads whose pods share InferencePools with this service."""
    by_others: dict[tuple[tuple[str, ...], tuple[str, ...]], list[Pool]] = {}
    for pool, mask in separation.touching:
        mixed = tuple(separation.others(mask)), tuple(separation.strangers(mask))
        if any(mixed):
            by_others.setdefault(mixed, []).append(pool)
    for (peers, idle), pools in by_others.items():
        names = ", ".join(_refs(pools))
        select = "selects" if len(pools) == 1 else "select"
        others = [*peers, *(f"{name}, which do not serve" for name in idle)]
        ports = _wrong_ports(service, pools)
        fact = f"{names} {select} its pods and those of {' and '.join(others)}{ports}"
        joint = f"{names} {select} the pods of all of them{ports}" if peers and not idle else ""
        yield Notice("mixed-pool", service.title, fact, _fix_of(pools, bool(ports)), peers, joint, _refs(pools))


def _refs(pools: Sequence[Pool]) -> tuple[str, ...]:
    return tuple(str(pool.ref) for pool in pools)


def _wrong_ports(service: ModelService, pools: Sequence[Pool]) -> str:
    """Return the end of a sentence: pools target other ports than the pods serve."""
    wrong = sorted({port for pool in pools for port in pool.ports} - set(service.ports)) if service.ports else []
    return f", on port {_listed(tuple(wrong))} instead of {_listed(service.ports)}" if wrong else ""


def _fix_of(pools: Sequence[Pool], with_ports: bool) -> str:
    """Return where the selector of pools is set, and the option that overwrites them.

    A controller would revert a change to its pool, so only its own object is named.
    """
    controllers = sorted({pool.origin for pool in pools if pool.origin and not pool.origin.startswith(_SOURCES)})
    if controllers:
        return f"set the selector{' and the ports' if with_ports else ''} in {', '.join(controllers)}"
    pairs = sorted({pool.values for pool in pools})
    values = " or ".join(" and ".join(pair if with_ports else pair[:1]) for pair in pairs)
    places = sorted({pool.origin for pool in pools if pool.origin}) or ["the values of the chart"]
    return f"set {values} in {', '.join(places)}; or pass --adopt-pools to overwrite the InferencePools"


def notices_of_pools(service: ModelService, separation: Separation) -> list[Notice]:
    """Return the pools that select this service's pods but target the wrong ports.

    If a pool also selects other pods, the fix covers both problems.
    """
    by_ports: dict[tuple[tuple[int, ...], bool], list[Pool]] = {}
    for pool, mask in separation.touching:
        mixes = bool(separation.others(mask) or separation.strangers(mask))
        if service.ports and pool.ports != service.ports:
            by_ports.setdefault((pool.ports, mixes), []).append(pool)
    return [
        Notice(
            "pool-port-mismatch",
            service.title,
            f"{', '.join(_refs(pools))} {'targets' if len(pools) == 1 else 'target'} "
            f"{_listed(ports) or 'no port'} but its pods serve on {_listed(service.ports)}",
            _fix_of(pools, with_ports=True) if mixes else _same_port(pools),
            pools=_refs(pools),
        )
        for (ports, mixes), pools in by_ports.items()
    ]


def _same_port(pools: Sequence[Pool]) -> str:
    values = " or ".join(sorted({pool.values.ports for pool in pools}))
    return f"set the same port in the InferencePool ({values} of its chart) and the pods"


def _listed(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports))
