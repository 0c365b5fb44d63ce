"""`llmd-routes doctor`: find why requests fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .command import SectionedCommand
from .input_options import input_options
from .option_groups import section
from .plan_options import gateway_option, implementation_option, standing_options
from .probing import Probing, probe_options, send
from .progress import progress
from .stderr import print_notices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmd_routes.explaining.entrances import Door
    from llmd_routes.model.inventory import Inventory
    from llmd_routes.problems import Problem
    from llmd_routes.reading.prepared import Prepared
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@section(
    "Gateway",
    gateway_option("Only this Gateway and what is behind it; repeatable.  [default: all]"),
    implementation_option("The implementation of Gateways, if their class does not identify it."),
)
@input_options
@probe_options
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "yaml"]),
    default="text",
    show_default=True,
    help="The output format.",
)
def doctor(source: Input, gateways: tuple[str, ...], implementation: str | None, probing: Probing, output: str) -> int:
    """Find what is broken between a Gateway and the pods of its engines.

    Each finding has the field that shows it, what clients see, and the fix. A path without a finding is one line.
    Nothing is changed, and only --probe sends requests to engines. Exits with 1 if there is a finding.
    """
    from llmd_routes.diagnosing.diagnose import Known, diagnose, unrouted
    from llmd_routes.diagnosing.probes import with_probes
    from llmd_routes.explaining.entrances import find_doors, wanted_doors
    from llmd_routes.explaining.surroundings import surroundings
    from llmd_routes.notices import is_covered
    from llmd_routes.output.diagnosis import as_text
    from llmd_routes.reading.invocation import with_commands
    from llmd_routes.reading.prepared import prepare

    with progress("reading"):
        prepared = prepare(source, gateways)
    is_live = not source.files
    around = surroundings(prepared.inventory(), prepared.reading.objects, prepared.scope, is_live=is_live)
    doors = wanted_doors(find_doors(around.inventory, around.objects, implementation), gateways)
    print_notices(prepared.reading.notices)
    blocking = _obstacles(prepared, unrouted(doors), around.inventory, implementation)
    notices = sorted({*around.inventory.notices, *prepared.notices})
    known = Known([notice for notice in notices if not is_covered(notice, blocking)], with_commands(blocking, source))
    diagnosis = diagnose(doors, around, known, is_live=is_live)
    if probing.probe:
        diagnosis = with_probes(diagnosis, send(probing, doors, around))
    click.echo(as_text(diagnosis, output), nl=False)
    return 1 if diagnosis.findings else 0


def _obstacles(
    prepared: Prepared, doors: Sequence[Door], inventory: Inventory, implementation: str | None
) -> tuple[Problem, ...]:
    """Return the problems that prevent routes for the first of the Gateways that have none."""
    from llmd_routes.pipeline import obstacles

    if not doors:
        return ()
    chosen = standing_options(click.get_current_context())
    chosen["gateways"] = (f"{doors[0].ref.namespace}/{doors[0].ref.name}",)
    return obstacles(prepared, inventory, (), chosen | ({"implementation": implementation} if implementation else {}))
