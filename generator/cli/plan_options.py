"""The options that decide what is emitted, shared by all commands that emit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, get_args

import click

from llmd_routes.model.choices import BackendKind, EppMode, Layout, PoolApi

from .carrier_options import carrier_options
from .command import settings_of
from .models_options import models_options
from .option_groups import Command, LateChoice, RenamedOption, chain, name_variables, section


def _implementations() -> list[str]:
    from llmd_routes.gateways import IMPLEMENTATIONS

    return [one.name for one in IMPLEMENTATIONS]


def gateway_option(text: str) -> Callable[[Command], Command]:
    """Return the option --gateway with a help text; the command receives all its values as `gateways`."""
    return click.option("--gateway", "gateways", multiple=True, metavar="[NS/]NAME", help=text)


def implementation_option(text: str) -> Callable[[Command], Command]:
    """Return the option --implementation with a help text."""
    return click.option("--implementation", type=LateChoice(_implementations), help=text)


text_or_data: Final = click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "json", "yaml"]),
    default="text",
    show_default=True,
    help="The output format.",
)
# For commands about an installation, not about what generate would emit.
examined_gateways: Final = section(
    "Gateway",
    gateway_option("Only this Gateway and what is behind it; repeatable.  [default: all]"),
    implementation_option("The implementation of Gateways, if their class does not identify it."),
)
# For `options.Given`, by its names.
_gateway: Final = section(
    "Gateway",
    gateway_option("Attach the routes to this Gateway; repeatable.  [default: the only one]"),
    click.option("--envoy-image", metavar="IMAGE", help="The image of the Envoy that --implementation envoy emits."),
    click.option("--listener", metavar="NAME", help="Attach the routes to this listener of the Gateway."),
    implementation_option(
        "The implementation of the Gateway, if its class does not identify it; envoy: no Gateway, emit an Envoy."
    ),
    click.option(
        "--hostname",
        "hostnames",
        multiple=True,
        metavar="HOST",
        help="Match only requests for this host; repeatable.  [default: any]",
    ),
    click.option(
        "--path-prefix",
        "path_prefixes",
        multiple=True,
        default=("/v1",),
        show_default=True,
        metavar="PATH",
        help="Match requests under this path; repeatable. A prefix that ends in /v1 is rewritten to /v1.",
    ),
    click.option("--keep-path", is_flag=True, help="Do not rewrite path prefixes."),
)
_routing: Final = section(
    "Routing",
    click.option(
        "--default-engine",
        "defaults",
        cls=RenamedOption,
        former="--default",
        multiple=True,
        metavar="[MODEL=]OWNER",
        help="The engine for requests that name no engine; repeatable.",
    ),
    click.option(
        "--split",
        "splits",
        multiple=True,
        metavar="[MODEL=]OWNER=N,...",
        help="Split requests that name no engine over several engines by weight; repeatable.",
    ),
    click.option("--no-catch-all", is_flag=True, help="Leave requests that name no served model to other routes."),
    click.option(
        "--backend",
        type=click.Choice(get_args(BackendKind)),
        default="auto",
        show_default=True,
        help="Route to InferencePools or to Services; auto: to InferencePools if the gateway supports them.",
    ),
    click.option(
        "--layout",
        type=click.Choice(get_args(Layout)),
        default="packed",
        show_default=True,
        help="Emit as few HTTPRoutes as possible, or one for each ModelService.",
    ),
    click.option(
        "--route-timeout",
        "timeout",
        cls=RenamedOption,
        former="--timeout",
        metavar="DURATION",
        help="The request timeout of every rule.  [default: 0s, no timeout]",
    ),
    click.option(
        "--instance",
        metavar="NAME",
        help="The name of this set of objects, for the label that kubectl apply --prune selects.",
    ),
)
_pickers: Final = section(
    "Endpoint pickers",
    click.option(
        "--pool-api",
        type=click.Choice(get_args(PoolApi)),
        default="auto",
        show_default=True,
        help="The API version of emitted InferencePools; auto: the one that the endpoint picker watches.",
    ),
    click.option(
        "--epp",
        type=click.Choice(get_args(EppMode)),
        default="reuse",
        show_default=True,
        help="If a ModelService has no endpoint picker: fail, or deploy one with an InferencePool.",
    ),
    click.option(
        "--epp-config",
        "epp_config_file",
        type=click.Path(path_type=Path),
        metavar="default|pd|FILE",
        help="The EndpointPickerConfig of deployed endpoint pickers; pd is for prefill and decode.",
    ),
    click.option("--epp-image", metavar="IMAGE", help="The image of deployed endpoint pickers."),
    click.option(
        "--adopt-pools",
        "take_over",
        cls=RenamedOption,
        former="--take-over",
        is_flag=True,
        help="Overwrite existing InferencePools that select the wrong pods.",
    ),
)


def plan_options(command: Command) -> Command:
    """Add the options that affect the emitted objects."""
    return chain(_gateway, _routing, _pickers, carrier_options, models_options)(command)


def standing_options(context: click.Context) -> dict[str, Any]:
    """Return the options of `plan_options` that the environment or the settings set."""
    from .configuration import values_of

    def nothing(**_: Any) -> None:
        pass

    probe = click.command("generate")(plan_options(nothing))
    name_variables(probe)
    return probe.make_context("generate", [], default_map=values_of(probe, settings_of(context))).params
