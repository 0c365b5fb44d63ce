"""`llmd-routes discover`: show what is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .input_options import input_options

if TYPE_CHECKING:
    from llmd_routes.reading.request import Input


@click.command()
@input_options
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="How to print.",
)
def discover(source: Input, output: str) -> int:
    """Show the ModelServices, pools, routes and Gateways there are.

    Exits with 1 when there is no ModelService.
    """
    from llmd_routes.output.discovery import describe
    from llmd_routes.output.tables import as_text
    from llmd_routes.pipeline import prepare

    prepared = prepare(source, assume=False)
    inventory = prepared.inventory()
    click.echo(as_text(describe(inventory, (*prepared.reading.notices, *prepared.notices)), output), nl=False)
    return 0 if inventory.services else 1
