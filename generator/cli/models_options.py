"""The options of `generate` about who answers for models: the list of them, and what no engine serves."""

from __future__ import annotations

from typing import Final, get_args

import click

from llmd_routes.model.choices import ModelsEndpoint

from .option_groups import group

# For `options.Given`, by its names.
models_options: Final = group(
    click.option(
        "--models-endpoint",
        type=click.Choice(get_args(ModelsEndpoint)),
        default="auto",
        show_default=True,
        help="What answers /v1/models and requests that no engine serves: a server (with --image), or the gateway"
        " itself.",
    ),
    click.option("--image", metavar="IMAGE", help="The image of llmd-routes-sidecar, for the server that answers."),
    click.option(
        "--models-service", metavar="[NS/]NAME:PORT", help="A server that is there already, instead of one made."
    ),
    click.option(
        "--admin-token-secret", metavar="NAME[:KEY]", help="Let the server answer operators who have this token."
    ),
    click.option(
        "--cors-origin",
        "cors_origins",
        multiple=True,
        metavar="ORIGIN",
        help="Let web pages of this origin ask the server; repeatable.",
    ),
    click.option(
        "--metrics-namespace",
        "metrics_namespaces",
        multiple=True,
        metavar="NS",
        help="Let pods of this namespace read the metrics of emitted pods; repeatable. Default: none.",
    ),
    click.option(
        "--engine-ca-secret", metavar="NAME[:KEY]", help="The certificates that engines with TLS are checked by."
    ),
    click.option("--engine-skip-verify", is_flag=True, help="Ask engines with TLS for their models unchecked."),
    click.option(
        "--engine-key-secret",
        "engine_key_secrets",
        multiple=True,
        metavar="[OWNER=]NAME[:KEY]",
        help="The API key to ask engines for their models with; repeatable.",
    ),
    click.option("--engine-key-plain", is_flag=True, help="Send that key without TLS too."),
    click.option("--no-catch-all", is_flag=True, help="Leave requests that name no model to other routes."),
)
