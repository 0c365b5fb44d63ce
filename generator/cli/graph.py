"""`llmd-routes graph`: draw the paths of requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .command import SectionedCommand
from .input_options import input_options
from .plan_options import examined_gateways, standing_options
from .progress import progress
from .stderr import print_notices

if TYPE_CHECKING:
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@examined_gateways
@input_options
@click.option(
    "-o",
    "--output",
    type=click.Choice(["mermaid", "dot", "svg", "html"]),
    default="mermaid",
    show_default=True,
    help="The output format; html is a page with the findings and a list of all objects.",
)
def graph(source: Input, gateways: tuple[str, ...], implementation: str | None, output: str) -> int:
    """Draw the paths from Gateways to pods.

    The diagram shows rules, InferencePools and endpoint pickers, and marks the findings of doctor. The page and the
    image need no network.

    For example: llmd-routes graph -n NAMESPACE -o html > graph.html
    """
    from llmd_routes.drawing.write import as_text
    from llmd_routes.examination import Wish, examine

    wish = Wish(gateways, implementation, standing_options(click.get_current_context()))
    with progress("reading"):
        examination = examine(source, wish)
    print_notices(examination.notices)
    view = examination.view
    click.echo(as_text(examination.diagnosis, view.doors, view.around, output), nl=False)
    return 0
