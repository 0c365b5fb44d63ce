"""The command line: parses, calls the pipeline, prints, and maps to an exit code; no decision is made here.

Heavy imports happen inside the commands, so that `--help` and `--version` answer at once.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from . import __version__
from .errors import InputError, NothingToRoute, PlanError, RoutesError
from .functions import FunctionCommand, with_place
from .input_options import beside_options, input_options
from .option_groups import name_variables, with_variable
from .plan_options import plan_options
from .terminal import one_line

if TYPE_CHECKING:
    from llmd_routes.reading.request import Beside, Input

    from .emission import Emission


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
        click.echo(f"error: {' '.join(with_place(with_variable(error)).format_message().split())}", err=True)
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
    """Show the ModelServices, pools, routes and Gateways there are.

    Exits with 1 when there is no ModelService.
    """
    from llmd_routes.output.discovery import describe
    from llmd_routes.output.tables import as_text

    from .emission import prepare

    prepared = prepare(source, assume=False)
    inventory = prepared.inventory()
    click.echo(as_text(describe(inventory, (*prepared.reading.notices, *prepared.notices)), output), nl=False)
    return 0 if inventory.services else 1


@cli.command()
@input_options
@plan_options
@click.option(
    "-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="How to print."
)
@click.option(
    "--output-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to this file instead of stdout, all or nothing.",
)
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write to this folder: a file for each object and a kustomization.yaml. What was left out since is removed.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 when the file or folder is not up to date.")
def generate(
    source: Input,
    output: Literal["yaml", "json"],
    output_file: Path | None,
    output_dir: Path | None,
    check: bool,
    **chosen: Any,
) -> int:
    """Print InferencePools and HTTPRoutes by model and engine.

    Manifests go to stdout, the report to stderr. Nothing is printed when anything is in the way.
    """
    from llmd_routes.output.folder import changes, files_of, known
    from llmd_routes.output.write import as_text, file_changes, read_folder, write, write_folder

    from .emission import requested

    _refuse_output(output, output_file, output_dir, check)
    there = read_folder(output_dir) if output_dir else {}
    emission = requested(source, chosen, known(there))
    text = as_text(emission.manifests, output)
    if output_dir:
        made = changes(there, files_of(emission.manifests, emission.instance), emission.instance)
    else:
        made = file_changes(output_file, text) if output_file and check else []
    if check:
        for change in made:
            click.echo(one_line(f"{output_dir / change.name if output_dir else output_file}: {change}"), err=True)
        return 1 if made else 0
    write_folder(output_dir, made) if output_dir else write(text, output_file, sys.stdout)
    for line in emission.report:
        click.echo(one_line(line), err=True)
    return 0


@cli.command()
@input_options
@plan_options
def diff(source: Input, **chosen: Any) -> int:
    """Show what applying the output of generate would change.

    With -f manifests are compared with the cluster. Exits with 1 when there is a difference. Nothing is written.
    """
    from llmd_routes.output.difference import differences
    from llmd_routes.output.report import line as notice_line
    from llmd_routes.reading.live import read_emitted
    from llmd_routes.reading.request import connection_of

    from .emission import requested

    connection = connection_of(source)
    emission = requested(source, chosen, compares=True)
    desired = [manifest.obj for manifest in emission.manifests]
    live = read_emitted(connection, emission.instance, desired)
    found = list(differences(desired, live.objects))
    click.echo("".join(found), nl=False)
    for line in (*emission.report, *map(notice_line, live.notices)):
        click.echo(one_line(line), err=True)
    return 1 if found else 0


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
    """Print labels that tell apart what no selector can.

    That are ModelServices whose pods have the same labels. The default is `kubectl patch` commands, for
    `llmd-routes label | sh`. Prints nothing when none is missing.
    """
    from llmd_routes.output.labels import as_text
    from llmd_routes.planning.labels import find_labels

    from .emission import prepare

    prepared = prepare(source)
    found = find_labels(prepared.reading.objects, prepared.scope, prepared.corrections)
    if found.problems:
        raise PlanError(found.problems)
    click.echo(as_text(found, output, source.context), nl=False)
    for line in found.report():
        click.echo(one_line(line), err=True)
    return 0


@cli.command("post-render")
@beside_options
@plan_options
@click.option("--allow-empty", is_flag=True, help="Where stdin has no ModelService, print it as it is.")
def post_render(beside: Beside, allow_empty: bool, **chosen: Any) -> int:
    """Add routes to what helm renders.

    For its --post-renderer: prints the manifests of stdin, and after them what routes the ModelServices among them. One
    release is not the whole cluster: what is there already, such as the Gateway, is given with -f.
    """
    from llmd_routes.output.pass_through import with_manifests
    from llmd_routes.reading.text_files import read_text

    text = read_text(sys.stdin)
    return _pass_on(text, beside, chosen, allow_empty, lambda made: with_manifests(text, made.manifests))


@cli.command(cls=FunctionCommand)
@beside_options
@plan_options
@click.option("--allow-empty", is_flag=True, help="Where the list has no ModelService, print it as it is.")
@click.pass_obj
def krm(text: str, /, beside: Beside, allow_empty: bool, **chosen: Any) -> int:
    """Add routes to what kustomize builds.

    For a transformer of kustomize or kpt: prints the ResourceList of stdin with what routes its ModelServices. Options
    may stand in the spec of its functionConfig, in camel case. Notices become results.
    """
    from llmd_routes.output.pass_through import refuse_twice
    from llmd_routes.output.resource_list import with_items

    def add(made: Emission) -> str:
        refuse_twice(text, made.manifests)
        return with_items(text, made.manifests, made.notices)

    return _pass_on(text, beside, chosen, allow_empty, add)


for _command in cli.commands.values():
    name_variables(_command)


def _pass_on(
    text: str, beside: Beside, chosen: Mapping[str, Any], allow_empty: bool, add: Callable[[Emission], str]
) -> int:
    """Print a text with what is emitted for it; or as it is, where nothing in it is to be routed and that may be."""
    from llmd_routes.output.write import write

    from .emission import requested_beside

    try:
        emission = requested_beside(beside, text, chosen)
    except NothingToRoute:
        if not allow_empty:
            raise
        write(text, None, sys.stdout)
        return 0
    write(add(emission), None, sys.stdout)
    for line in emission.report:
        click.echo(one_line(line), err=True)
    return 0


def _refuse_output(output: str, output_file: Path | None, output_dir: Path | None, check: bool) -> None:
    """Raise InputError for options about the output that contradict each other."""
    if output_file and output_dir:
        raise InputError("--output-file and --output-dir: exclude each other; give one of them")
    if output_dir and output != "yaml":
        raise InputError(f"-o {output}: the files of --output-dir are YAML; leave one of them out")
    if check and not (output_file or output_dir):
        raise InputError("--check: compares with files; give --output-dir or --output-file too")
