"""The options of `generate` about the models list and requests that no engine serves."""

from __future__ import annotations

from typing import Final, get_args

import click

from llmd_routes.model.choices import ModelsEndpoint

from .option_groups import RenamedChoice, section

# For `options.Given`, by its names.
models_options: Final = section(
    "Models list",
    click.option(
        "--models-endpoint",
        type=RenamedChoice(get_args(ModelsEndpoint), {"aggregator": "server"}),
        default="auto",
        show_default=True,
        help="What answers /v1/models and unserved requests: a models server (requires --image) or the gateway.",
    ),
    click.option("--image", metavar="IMAGE", help="The image of llmd-routes-sidecar for emitted Deployments."),
    click.option(
        "--models-service", metavar="[NS/]NAME:PORT", help="Use this existing models server instead of emitting one."
    ),
    click.option(
        "--admin-token-secret",
        metavar="NAME[:KEY]",
        help="The Secret with the token that operators send to the models server.",
    ),
    click.option(
        "--admin-settings",
        metavar="NS/NAME",
        help="The ConfigMap with the settings of a controller, which these operators may change.",
    ),
    click.option(
        "--cors-origin",
        "cors_origins",
        multiple=True,
        metavar="ORIGIN",
        help="Allow web pages of this origin to call the models server; repeatable.",
    ),
    click.option(
        "--metrics-namespace",
        "metrics_namespaces",
        multiple=True,
        metavar="NS",
        help="Allow pods of this namespace to scrape the metrics of emitted pods; repeatable.  [default: none]",
    ),
    click.option(
        "--engine-ca-secret",
        metavar="NAME[:KEY]",
        help="The Secret with the CA certificates of engines that serve TLS.",
    ),
    click.option(
        "--engine-skip-verify", is_flag=True, help="Do not verify the certificates of engines that serve TLS."
    ),
    click.option(
        "--engine-key-secret",
        "engine_key_secrets",
        multiple=True,
        metavar="[OWNER=]NAME[:KEY]",
        help="The Secret with the API key that the models server sends to engines; repeatable.",
    ),
    click.option("--engine-key-plain", is_flag=True, help="Send the API key to engines without TLS too."),
)
