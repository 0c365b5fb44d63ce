"""`llmd-routes generate`: print InferencePools and HTTPRoutes."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from llmd_routes.errors import InputError

from .command import SectionedCommand
from .command_line import command_line
from .input_options import input_options, selector_option
from .option_groups import section
from .plan_options import plan_options
from .progress import progress
from .stderr import print_details, print_lines, print_notices

if TYPE_CHECKING:
    from llmd_routes.pipeline import Emission
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@input_options
@selector_option
@plan_options
@section(
    "Controller",
    click.option(
        "--controller",
        metavar="IMAGE",
        help="Print a controller that keeps the routes current, instead of the routes.",
    ),
)
@click.option(
    "-o", "--output", type=click.Choice(["yaml", "json"]), default="yaml", show_default=True, help="The output format."
)
@click.option(
    "--output-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to this file instead of stdout; a failed run leaves it unchanged.",
)
@click.option(
    "--output-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write one file per object and a kustomization.yaml; remove obsolete generated files.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the file or directory is not up to date.")
def generate(
    source: Input,
    output: Literal["yaml", "json"],
    output_file: Path | None,
    output_dir: Path | None,
    check: bool,
    controller: str | None,
    **chosen: Any,
) -> int:
    """Print InferencePools and HTTPRoutes by model and engine.

    Manifests go to stdout, the report and warnings to stderr. An error prevents any output.
    """
    from llmd_routes.output.folder import changes, files_of, known
    from llmd_routes.output.header import header
    from llmd_routes.output.write import as_text, file_changes, read_folder, write, write_folder
    from llmd_routes.pipeline import requested

    _refuse_output(output, output_file, output_dir, check)
    there = read_folder(output_dir) if output_dir else {}
    with progress("reading"):
        emission = requested(source, chosen, known(there))
    print_details(emission.details)
    if controller is not None:
        emission = _controlled(controller, emission, source)
    head = header(command_line(click.get_current_context()))
    text = (head if output == "yaml" else "") + as_text(emission.manifests, output)
    if output_dir:
        made = changes(there, files_of(emission.manifests, emission.instance, head), emission.instance)
    else:
        made = file_changes(output_file, text) if output_file and check else []
    if check:
        print_lines(f"{output_dir / change.name if output_dir else output_file}: {change}" for change in made)
        return 1 if made else 0
    write_folder(output_dir, made) if output_dir else write(text, output_file, sys.stdout)
    print_lines(emission.report)
    print_notices(emission.notices)
    return 0


def _controlled(image: str, emission: Emission, source: Input) -> Emission:
    """Return the emission of a controller in place of what the controller makes."""
    from llmd_routes.planning.controller import controller_instance

    from .emitted_controller import emit_controller

    manifests = tuple(emit_controller(image, emission, source, click.get_current_context()))
    made = f"the output is a controller for instance {emission.instance}, which creates and updates these objects"
    return replace(
        emission, instance=controller_instance(emission.instance), manifests=manifests, report=(*emission.report, made)
    )


def _refuse_output(output: str, output_file: Path | None, output_dir: Path | None, check: bool) -> None:
    """Raise InputError if output options contradict each other."""
    if output_file and output_dir:
        raise InputError("--output-file and --output-dir: mutually exclusive; pass one of them")
    if output_dir and output != "yaml":
        raise InputError(f"-o {output}: --output-dir writes YAML files; remove one of the options")
    if check and not (output_file or output_dir):
        raise InputError("--check: compares with files; pass --output-dir or --output-file too")
