"""The options that decide what is emitted, shared by all commands that emit."""

from __future__ import annotations

from pathlib import Path
from typing import Final, get_args

import click

from llmd_routes.model.choices import EppMode, Layout, PoolApi

from .carrier_options import carrier_options
from .models_options import models_options
from .option_groups import Command, LateChoice, group


def _implementations() -> list[str]:
    from llmd_routes.gateways import IMPLEMENTATIONS

    return [one.name for one in IMPLEMENTATIONS]


# For `options.Given`, by its names.
_routes: Final = group(
    click.option(
        "--gateway",
        "gateways",
        multiple=True,
        metavar="[NS/]NAME",
        help="Attach the routes to this Gateway; repeatable. Default: the only one.",
    ),
    click.option("--listener", metavar="NAME", help="Attach to this listener of the Gateway."),
    click.option(
        "--implementation",
        type=LateChoice(_implementations),
        help="What runs the Gateway, when its class does not tell.",
    ),
    click.option(
        "--default",
        "defaults",
        multiple=True,
        metavar="[MODEL=]OWNER",
        help="The engine for requests that name none; repeatable.",
    ),
    click.option(
        "--split",
        "splits",
        multiple=True,
        metavar="[MODEL=]OWNER=N,...",
        help="Spread requests that name no engine over several, by weight. Repeatable.",
    ),
    click.option(
        "--path-prefix",
        "path_prefixes",
        multiple=True,
        default=("/v1",),
        show_default=True,
        metavar="PATH",
        help="Route requests under this path; repeatable. Engines get a prefix such as /openai/v1 as /v1.",
    ),
    click.option("--keep-path", is_flag=True, help="Send engines the path as the client sent it."),
    click.option(
        "--hostname", "hostnames", multiple=True, metavar="HOST", help="Route requests to this host only; repeatable."
    ),
    click.option(
        "--pool-api",
        type=click.Choice(get_args(PoolApi)),
        default="auto",
        show_default=True,
        help="The API that InferencePools must be made in; auto: the one that their endpoint picker watches.",
    ),
    click.option(
        "--epp",
        type=click.Choice(get_args(EppMode)),
        default="reuse",
        show_default=True,
        help="Where a ModelService has no endpoint picker: refuse, or make a pool and an endpoint picker for it.",
    ),
    click.option(
        "--epp-config",
        "epp_config_file",
        type=click.Path(path_type=Path),
        metavar="default|pd|FILE",
        help="The EndpointPickerConfig of deployed endpoint pickers; pd is for prefill and decode.",
    ),
    click.option("--epp-image", metavar="IMAGE", help="The image of endpoint pickers that are made."),
    click.option(
        "--take-over",
        is_flag=True,
        help="Write over pools of others that take the wrong pods, for the EPP that watches them.",
    ),
    click.option(
        "--layout",
        type=click.Choice(get_args(Layout)),
        default="packed",
        show_default=True,
        help="As few HTTPRoutes as the API takes, or one for each ModelService.",
    ),
)
_set: Final = group(
    click.option("--instance", metavar="NAME", help="Name this set of routes; pruning selects by it."),
    click.option("--timeout", metavar="DURATION", help="Request timeout of every rule; 0s, the default, is none."),
)


def plan_options(command: Command) -> Command:
    """Add the options that decide what is emitted."""
    return _routes(carrier_options(models_options(_set(command))))
