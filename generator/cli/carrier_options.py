"""The options of `generate` about what reads model and engine from bodies."""

from __future__ import annotations

from typing import Final, get_args

import click

from llmd_routes.model.choices import BodyToHeader, StripEngineFields

from .option_groups import group

# For `options.Given`, by its names.
carrier_options: Final = group(
    click.option(
        "--body-to-header",
        type=click.Choice(get_args(BodyToHeader)),
        default="auto",
        show_default=True,
        help="What reads model and engine from bodies: the gateway, or a sidecar that it asks (with --image); none:"
        " clients send the headers, and are trusted.",
    ),
    click.option("--body-limit", metavar="SIZE", help="The largest body that is read, such as 2Mi; above it 413."),
    click.option(
        "--held-limit", metavar="SIZE", help="What a sidecar holds of bodies over all requests; above it 503."
    ),
    click.option("--extract-after-auth", is_flag=True, help="Read bodies after authentication, not before."),
    click.option("--keep-query", is_flag=True, help="Leave the query of a POST, for endpoint pickers that take one."),
    click.option(
        "--strip-engine-fields",
        type=click.Choice(get_args(StripEngineFields)),
        default="auto",
        show_default=True,
        help="Blank what JSON bodies say of engines, so that no engine sees it; auto: where one refuses such requests.",
    ),
)
