"""`llmd-routes discover`: show what is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .command import SectionedCommand
from .input_options import input_options, selector_option
from .plan_options import standing_options
from .progress import progress
from .stderr import print_details, print_lines, print_messages

if TYPE_CHECKING:
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@input_options
@selector_option
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "wide", "name", "json", "yaml"]),
    default="table",
    show_default=True,
    help="The output format.",
)
def discover(source: Input, output: str) -> int:
    """List ModelServices with their engine, models, ports and pool.

    The table goes to stdout; errors, warnings and the next step go to stderr. STATUS is ready, blocked (an error
    prevents the output of generate) or unrouted (generate skips the ModelService). Exits with 1 if no ModelService
    exists.
    """
    from llmd_routes.notices import is_covered
    from llmd_routes.output.details import details
    from llmd_routes.output.discovery import describe
    from llmd_routes.output.messages import Message, message_of
    from llmd_routes.output.tables import as_text, context_lines
    from llmd_routes.pipeline import obstacles
    from llmd_routes.reading.invocation import command, with_commands
    from llmd_routes.reading.prepared import prepare

    with progress("reading"):
        prepared = prepare(source, assume=False)
    inventory, others = prepared.narrowed()
    print_details(lambda: details(prepared.reading.objects, inventory))
    blocking = obstacles(prepared, inventory, others, standing_options(click.get_current_context()))
    notices = sorted({*inventory.notices, *prepared.reading.notices, *prepared.notices})
    discovery = describe(inventory, notices, blocking)
    click.echo(as_text(discovery, output), nl=False)
    if output in ("table", "wide"):
        print_lines(context_lines(discovery))
    print_messages(Message("error", problem) for problem in with_commands(blocking, source))
    print_messages(message_of(notice) for notice in notices if not is_covered(notice, blocking))
    if inventory.services and output in ("table", "wide"):
        generate = command("generate", source, sorted({s.namespace for s in inventory.services if s.namespace}))
        if not source.files:
            generate += " | kubectl apply -f -"
        print_lines([f"next: fix the errors, then run {generate}" if blocking else f"next: {generate}"])
    return 0 if inventory.services else 1
