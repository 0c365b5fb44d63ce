"""The options of `generate` about body-based routing."""

from __future__ import annotations

from typing import Final, get_args

import click

from llmd_routes.model.choices import BodyToHeader, StripEngineFields

from .option_groups import RenamedChoice, RenamedOption, section

# For `options.Given`, by its names.
carrier_options: Final = section(
    "Body-based routing",
    click.option(
        "--body-to-header",
        type=RenamedChoice(get_args(BodyToHeader), {"sidecar": "external"}),
        default="auto",
        show_default=True,
        help="What copies model and engine from bodies to headers: the gateway, an external service (requires --image)"
        " that is asked over HTTP (ext-authz) or ext-proc, llm-d's payload processor in the input, or none: clients"
        " send the headers.",
    ),
    click.option(
        "--buffer-limit",
        "body_limit",
        cls=RenamedOption,
        former="--body-limit",
        metavar="SIZE",
        help="The largest body that is read, such as 2Mi; larger ones get 413.",
    ),
    click.option(
        "--held-limit",
        metavar="SIZE",
        help="The memory of the external service for all bodies together; requests above it get 503.",
    ),
    click.option("--extract-after-auth", is_flag=True, help="Read bodies after authentication instead of before."),
    click.option(
        "--keep-query", is_flag=True, help="Keep the query string of POST requests, for endpoint pickers that allow it."
    ),
    click.option(
        "--strip-engine-fields",
        type=click.Choice(get_args(StripEngineFields)),
        default="auto",
        show_default=True,
        help="Remove the fields that name the engine from JSON bodies; auto: if an engine rejects them.",
    ),
)
