"""`llmd-routes post-render`: add routes to what helm renders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .command import SectionedCommand
from .input_options import beside_options
from .passing_on import pass_on
from .plan_options import plan_options

if TYPE_CHECKING:
    from llmd_routes.reading.request import Beside


@click.command("post-render", cls=SectionedCommand)
@beside_options
@plan_options
@click.option("--allow-empty", is_flag=True, help="If stdin contains no ModelService, print it unchanged.")
def post_render(beside: Beside, allow_empty: bool, **chosen: Any) -> int:
    """Add routes to the manifests that Helm renders.

    For helm --post-renderer: prints the manifests of stdin and the objects that route their ModelServices. Pass other
    existing objects, such as the Gateway, with -f.
    """
    from llmd_routes.output.pass_through import with_manifests
    from llmd_routes.reading.text_files import limit_of, read_text

    text = read_text(sys.stdin, limit_of(beside.input_limit))
    return pass_on(text, beside, chosen, allow_empty, lambda made: with_manifests(text, made.manifests))
