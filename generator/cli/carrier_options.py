"""The options of `generate` about what reads model and engine from bodies."""

from __future__ import annotations

from typing import Final

import click

from .option_groups import group

# For `options.Options`, by its names.
carrier_options: Final = group(
    click.option(
        "--body-to-header",
        type=click.Choice(["auto", "in-gateway", "sidecar", "none"]),
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
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="Blank what JSON bodies say of engines, so that no engine sees it; auto: where one refuses such requests.",
    ),
)
