"""`llmd-routes post-render`: add routes to what helm renders."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from .input_options import beside_options
from .passing_on import pass_on
from .plan_options import plan_options

if TYPE_CHECKING:
    from llmd_routes.reading.request import Beside


@click.command("post-render")
@beside_options
@plan_options
@click.option("--allow-empty", is_flag=True, help="Where stdin has no ModelService, print it as it is.")
def post_render(beside: Beside, allow_empty: bool, **chosen: Any) -> int:
    """Add routes to what helm renders.

    For its --post-renderer: prints the manifests of stdin, and after them what routes the ModelServices among them. One
    release is not the whole cluster: what is there already, such as the Gateway, is given with -f.
    """
    from llmd_routes.output.pass_through import with_manifests
    from llmd_routes.reading.text_files import limit_of, read_text

    text = read_text(sys.stdin, limit_of(beside.input_limit))
    return pass_on(text, beside, chosen, allow_empty, lambda made: with_manifests(text, made.manifests))
