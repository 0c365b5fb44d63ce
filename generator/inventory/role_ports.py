"""Decide which ports an InferencePool can target when a ModelService has several roles. Pure, no I/O.

An endpoint picker picks any of the target ports on any pod, unless an annotation of the pod names those that it serves.
All pickers read `inference.networking.k8s.io/active-ports`, and llm-d's since v0.9 also `llm-d.ai/active-ports`.
Source: https://github.com/llm-d/llm-d/issues/2488 (picks of a port that a pod does not serve fail
with 502).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.names import ACTIVE_PORTS
from llmd_routes.notices import Remark
from llmd_routes.sources.source import Part, main_part


def common_ports(parts: Sequence[Part]) -> tuple[int, ...]:
    """Return the ports that every pod serves, or excludes by its annotation, in ascending order.

    Empty if no port is common, or if those of the main part are unknown.
    """
    if not main_part(parts).server.ports.numbers:
        return ()
    everything = sorted({number for part in parts for number in part.server.ports.numbers})
    strict = [part.server.ports.numbers for part in parts if part.server.ports.numbers and not _is_annotated(part)]
    return tuple(number for number in everything if all(number in numbers for numbers in strict))


def remarks_of_ports(parts: Sequence[Part]) -> Iterator[Remark]:
    """Yield a remark for each part whose ports differ from the main part's, unless an annotation lists them."""
    main = main_part(parts)
    common = common_ports(parts)
    served = main.server.ports.numbers
    yield from _never_picked(parts, common)
    for part in parts:
        own = part.server.ports.numbers
        if part is main or not own or own == served or _is_annotated(part):
            continue
        fact = f"{_name(part)} serves on {listed(own)}"
        if not served:
            yield "ports-differ", f"{fact}, and the ports of {_name(main)} are not known", "write its ports as numbers"
            continue
        fact += f", and {_name(main)} on {listed(served)}"
        lacking = [e for e in (part, main) if set(e.server.ports.numbers) < {*own, *served} and not _is_annotated(e)]
        if not lacking:
            continue
        values = " and ".join(f"{ACTIVE_PORTS[-1]}: {_value(each)} on the pods of {_name(each)}" for each in lacking)
        fix = f"set the annotation {values}"
        if not common:
            yield "no-common-port", f"{fact}, so no port is served by all pods", fix
        else:
            yield "ports-differ", f"{fact}, so the pool targets {listed(common)} only", fix


def _never_picked(parts: Sequence[Part], common: Sequence[int]) -> Iterator[Remark]:
    """Yield a remark for each part whose annotation lists none of the pool's target ports."""
    bare = [part for part in parts if part.server.ports.numbers and not _is_annotated(part)]
    for part in parts:
        if common and bare and _is_annotated(part) and not set(part.server.ports.numbers) & set(common):
            fact = f"the annotation of {_name(part)} names {listed(part.server.ports.numbers)}"
            fact += f", and the pool targets {listed(common)} only, so its pods are never picked"
            values = " and ".join(f"{ACTIVE_PORTS[-1]}: {_value(each)} on the pods of {_name(each)}" for each in bare)
            yield "ports-differ", fact, f"set the annotation {values}"


def listed(ports: Sequence[int]) -> str:
    """Return ports as text, with a range for three or more consecutive ports."""
    if len(ports) > 2 and ports[-1] - ports[0] == len(ports) - 1:
        return f"{ports[0]}-{ports[-1]}"
    return ", ".join(map(str, ports))


def _is_annotated(part: Part) -> bool:
    return part.server.ports.annotated


def _name(part: Part) -> str:
    return f"{part.ref.kind}/{part.ref.name}"


def _value(part: Part) -> str:
    return f'"{",".join(map(str, part.server.ports.numbers))}"'
