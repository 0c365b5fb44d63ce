"""`llmd-routes label`: print the labels that give each service a unique pod selector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from llmd_routes.errors import PlanError

from .command import SectionedCommand
from .input_options import input_options
from .progress import progress
from .stderr import print_details, print_lines

if TYPE_CHECKING:
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@input_options
@click.option(
    "-o",
    "--output",
    type=click.Choice(["sh", "yaml", "kustomize"]),
    default="sh",
    show_default=True,
    help="kubectl commands for a shell, manifests with the labels only, or a kustomize component.",
)
def label(source: Input, output: Literal["sh", "yaml", "kustomize"]) -> int:
    """Print the labels that give each ModelService a unique pod selector.

    Pods that prefill or decode also get the label of their role. The default output is kubectl patch commands for
    llmd-routes label | sh, which restarts the pods. Prints nothing if no label is missing.
    """
    from llmd_routes.output.details import details
    from llmd_routes.output.labels import as_text
    from llmd_routes.planning.labels import find_labels
    from llmd_routes.reading.prepared import prepare

    with progress("reading"):
        prepared = prepare(source)
    print_details(lambda: details(prepared.reading.objects, prepared.inventory()))
    found = find_labels(prepared.reading.objects, prepared.scope, prepared.corrections)
    if found.problems:
        raise PlanError(found.problems)
    click.echo(as_text(found, output, source.context, source.kubeconfig), nl=False)
    print_lines(found.report(applied=output == "sh"))
    return 0
