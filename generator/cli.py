"""The command line: parses, calls the pipeline, prints, and maps to an exit code; no decision is made here.

Heavy imports happen inside the commands, so that `--help` and `--version` answer at once.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from . import __version__
from .carrier_options import carrier_options
from .errors import InputError, PlanError, RoutesError
from .implementations import IMPLEMENTATIONS
from .inputs import Input, asked, input_options, read, settings
from .lines import one_line
from .models_options import models_options
from .option_groups import name_variables, with_variable

if TYPE_CHECKING:
    from .inventory import Inventory
    from .namespaces import Scope
    from .options import Options
    from .planned import Plan
    from .sources import Reading


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 the answer is no, 2 could not answer, 130 interrupted.

    Problems are printed to stderr, one line each. Anything unexpected is a bug: the traceback is shown, with code 70.
    """
    # One short run makes millions of small values that live to its end: looking for garbage as often as a server must
    # would cost more than it finds.
    gc.set_threshold(20_000, 20, 20)
    try:
        code = cli.main(args=list(argv) if argv is not None else None, prog_name="llmd-routes", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except RoutesError as error:
        for problem in error.problems:
            click.echo(f"error: {one_line(problem)}", err=True)
        return 2
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        click.echo(f"error: {' '.join(with_variable(error).format_message().split())}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not error.code:
            return 0  # a completion script was printed
        # The reader of the pipe has gone (`| head`), which click turns into an exit with 1, our "the answer is no".
        # There is nothing to tell, and stdout must not be flushed again at the end.
        sys.stdout = None
        return 2
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo("error: this is a bug in llmd-routes; please report it with the lines above", err=True)
        return 70


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="llmd-routes %(version)s")
def cli() -> None:
    """Route an llm-d gateway by model and engine, from what is served.

    Variables stand for options of the commands: LLMD_ROUTES_CONTEXT for --context, which wins.
    """


@cli.command()
@input_options
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="How to print.",
)
def discover(source: Input, output: str) -> int:
    """Show the ModelServices, pools, routes and Gateways that are there.

    Exits with 1 when there is no ModelService.
    """
    from .build import build_inventory
    from .discovery import describe
    from .namespaces import Scope
    from .tables import as_text

    said = settings(source)
    reading, namespaces = read(source)
    if reading.conflicts:
        raise InputError(reading.conflicts)
    scope, silent = asked(source, reading, Scope(namespaces, overrides=said.overrides()))
    inventory = build_inventory(reading.objects, scope)
    click.echo(as_text(describe(inventory, (*reading.notices, *silent)), output), nl=False)
    return 0 if inventory.services else 1


@cli.command()
@input_options
@click.option(
    "--gateway",
    "gateways",
    multiple=True,
    metavar="[NS/]NAME",
    help="Attach the routes to this Gateway; repeatable. Default: the only one.",
)
@click.option("--listener", metavar="NAME", help="Attach to this listener of the Gateway.")
@click.option(
    "--implementation",
    type=click.Choice([row.name for row in IMPLEMENTATIONS]),
    help="What runs the Gateway, when its class does not tell.",
)
@click.option(
    "--default",
    "defaults",
    multiple=True,
    metavar="[MODEL=]OWNER",
    help="The engine for requests that name none; repeatable.",
)
@click.option(
    "--split",
    "splits",
    multiple=True,
    metavar="[MODEL=]OWNER=N,...",
    help="Spread requests that name no engine over several, by weight. Repeatable.",
)
@click.option(
    "--path-prefix",
    "path_prefixes",
    multiple=True,
    default=("/v1",),
    show_default=True,
    metavar="PATH",
    help="Route requests under this path; repeatable.",
)
@click.option(
    "--hostname", "hostnames", multiple=True, metavar="HOST", help="Route requests to this host only; repeatable."
)
@click.option(
    "--pool-api",
    type=click.Choice(["auto", "v1", "v1alpha2"]),
    default="auto",
    show_default=True,
    help="The API that InferencePools must be made in; auto: the one that their endpoint picker watches.",
)
@click.option(
    "--epp",
    type=click.Choice(["reuse", "deploy"]),
    default="reuse",
    show_default=True,
    help="Where a ModelService has no endpoint picker: refuse, or make a pool and an endpoint picker for it.",
)
@click.option(
    "--epp-config",
    "epp_config_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The EndpointPickerConfig of endpoint pickers that are made.",
)
@click.option("--epp-image", metavar="IMAGE", help="The image of endpoint pickers that are made.")
@click.option(
    "--take-over",
    is_flag=True,
    help="Write over pools of others that take the wrong pods, for the EPP that watches them.",
)
@click.option(
    "--layout",
    type=click.Choice(["packed", "per-service"]),
    default="packed",
    show_default=True,
    help="As few HTTPRoutes as the API takes, or one for each ModelService.",
)
@carrier_options
@models_options
@click.option("--instance", metavar="NAME", help="Name this set of routes; pruning selects by it.")
@click.option("--timeout", metavar="DURATION", help="Request timeout of every rule; 0s, the default, is none.")
@click.option(
    "-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="How to print."
)
@click.option(
    "--output-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to this file instead of stdout, all or nothing.",
)
def generate(
    source: Input,
    output: Literal["yaml", "json"],
    output_file: Path | None,
    epp_config_file: Path | None,
    **chosen: Any,
) -> int:
    """Print the InferencePools and HTTPRoutes that route by model and engine.

    Manifests go to stdout, the report to stderr. Nothing is printed when anything is in the way.
    """
    from .namespaces import Scope
    from .options import Options
    from .render import render
    from .report import report
    from .validate import validate
    from .write import as_text, write

    said = settings(source)
    reading, namespaces = read(source, chosen["gateways"])
    scope, silent = asked(source, reading, Scope(namespaces, assume=True, overrides=said.overrides()))
    config = _epp_config(epp_config_file) if epp_config_file else None
    chosen |= {"defaults": said.with_defaults(chosen["defaults"]), "splits": said.with_splits(chosen["splits"])}
    inventory, plan = _planned(reading, scope, Options(namespaces=namespaces, epp_config=config, **chosen))
    manifests = render(plan)
    findings = validate([manifest.obj for manifest in manifests])
    if findings:
        raise PlanError(map(str, findings))
    write(as_text(manifests, output), output_file, sys.stdout)
    for line in report(inventory, plan, (*reading.notices, *silent)):
        click.echo(one_line(line), err=True)
    return 0


@cli.command()
@input_options
@click.option(
    "-o",
    "--output",
    type=click.Choice(["sh", "yaml", "kustomize"]),
    default="sh",
    show_default=True,
    help="As kubectl commands for a shell, as manifests to lay over others, or as a kustomize component.",
)
def label(source: Input, output: Literal["sh", "yaml", "kustomize"]) -> int:
    """Print the labels that tell ModelServices apart whose pods no selector can.

    The default is `kubectl patch` commands, for `llmd-routes label | sh`. Prints nothing when none is missing.
    """
    from .label_output import as_text
    from .labelling import find_labels
    from .namespaces import Scope

    said = settings(source)
    reading, namespaces = read(source)
    if reading.conflicts:
        raise InputError(reading.conflicts)
    scope, _ = asked(source, reading, Scope(namespaces, assume=True, overrides=said.overrides()))
    found = find_labels(reading.objects, scope)
    if found.problems:
        raise PlanError(found.problems)
    click.echo(as_text(found, output, source.context), nl=False)
    for line in found.report():
        click.echo(one_line(line), err=True)
    return 0


for _command in cli.commands.values():
    name_variables(_command)


def _epp_config(path: Path) -> str:
    """Read an EndpointPickerConfig; its text is passed on as it is."""
    from .objects import kind_of
    from .yamltext import load

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        fact = (getattr(error, "strerror", None) or "not UTF-8").lower()
        raise InputError(f"--epp-config {path}: cannot be read: {fact}; check the path") from None
    parsed = load(text)
    if not isinstance(parsed, dict) or kind_of(parsed) != "EndpointPickerConfig":
        raise InputError(f"--epp-config {path}: is no EndpointPickerConfig; give one")
    return text


def _planned(reading: Reading, scope: Scope, options: Options) -> tuple[Inventory, Plan]:
    """Make inventory and plan; conflicts of the input are raised beside all other problems."""
    from .build import build_inventory
    from .plan import make_plan

    try:
        inventory = build_inventory(reading.objects, scope)
        plan = make_plan(inventory, options)
    except RoutesError as error:
        raise PlanError((*reading.conflicts, *error.problems)) from None
    if reading.conflicts:
        raise InputError(reading.conflicts)
    return inventory, plan
