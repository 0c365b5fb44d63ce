"""`llmd-routes doctor`: find why requests fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .command import SectionedCommand
from .input_options import input_options
from .plan_options import examined_gateways, standing_options, text_or_data
from .probing import Probing, probe_options, send
from .progress import progress
from .stderr import print_lines, print_notices

if TYPE_CHECKING:
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@examined_gateways
@input_options
@probe_options
@text_or_data
def doctor(source: Input, gateways: tuple[str, ...], implementation: str | None, probing: Probing, output: str) -> int:
    """Find why requests fail, from the Gateway to the pods.

    Each finding has the field that shows it, what clients see, and the fix. A path without a finding is one line.
    Nothing is changed, and only --ask-engines and --probe send requests to engines. Exits with 1 if there is a finding.
    """
    from llmd_routes.diagnosing.probes import with_probes
    from llmd_routes.examination import Wish, examine
    from llmd_routes.output.diagnosis import as_text

    wish = Wish(gateways, implementation, standing_options(click.get_current_context()))
    with progress("reading"):
        examination = examine(source, wish)
    print_notices(examination.notices)
    diagnosis = examination.diagnosis
    if probing.probe:
        diagnosis = with_probes(diagnosis, send(probing, examination.view.doors, examination.view.around))
    click.echo(as_text(diagnosis, output), nl=False)
    unread = sorted({path.destination.backend.namespace for path in diagnosis.unread})
    if unread and not source.files:
        print_lines([f"namespaces that were not read: {', '.join(unread)}; pass -n for each, or -A"])
    return 1 if diagnosis.findings else 0
