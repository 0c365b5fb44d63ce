"""`llmd-routes diff`: show what applying the output of generate would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from llmd_routes.terminal import visible

from .command import SectionedCommand
from .input_options import input_options, selector_option
from .plan_options import plan_options
from .progress import progress
from .stderr import print_details, print_lines, print_notices

if TYPE_CHECKING:
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@input_options
@selector_option
@plan_options
def diff(source: Input, **chosen: Any) -> int:
    """Show what applying the output of generate would change.

    Only fields that llmd-routes sets are compared. With -f, the manifests are compared with the cluster. Exits with 1
    if there is a difference. Nothing is written.
    """
    from llmd_routes.output.difference import differences
    from llmd_routes.output.statuses import rejected_objects
    from llmd_routes.pipeline import requested
    from llmd_routes.reading.live import read_emitted
    from llmd_routes.reading.request import connection_of

    connection = connection_of(source)
    with progress("reading"):
        emission = requested(source, chosen, compares=True)
        desired = [manifest.obj for manifest in emission.manifests]
        live = read_emitted(connection, emission.instance, desired)
    print_details(emission.details)
    found = list(differences(desired, live.objects))
    click.echo("\n".join(map(visible, "".join(found).split("\n"))), nl=False)
    print_lines(emission.report)
    print_notices((*emission.notices, *live.notices, *rejected_objects(live.objects)))
    return 1 if found else 0
