"""`llmd-routes status`: wait until what was applied is in effect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from llmd_routes.errors import InputError

from .command import SectionedCommand
from .input_options import input_options
from .plan_options import examined_gateways, text_or_data
from .stderr import print_lines, print_notices
from .waiting import wait_for

if TYPE_CHECKING:
    from llmd_routes.diagnosing.readiness import Readiness
    from llmd_routes.notices import Notice
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@examined_gateways
@input_options
@click.option("--instance", metavar="NAME", help="Only the objects of this instance.  [default: of all]")
@click.option(
    "--timeout",
    "limit",
    default="2m",
    show_default=True,
    metavar="DURATION",
    help="How long to wait; 0 checks once. Files are always checked once.",
)
@text_or_data
def status(
    source: Input,
    gateways: tuple[str, ...],
    implementation: str | None,
    instance: str | None,
    limit: str,
    output: str,
) -> int:
    """Wait until the generated routes are in effect.

    Waits until controllers have accepted the Gateway, routes, InferencePools and policies, and a pod of each endpoint
    picker is ready. It does not wait for pods of engines. Exits with 1 if something is not in effect at the end.
    """
    from llmd_routes.diagnosing.readiness import judge_readiness
    from llmd_routes.examination import Wish, look
    from llmd_routes.output.readiness import as_text
    from llmd_routes.quantities import seconds

    limit_s = seconds(limit)
    if limit_s is None:
        raise InputError(f"--timeout {limit}: invalid duration; use a duration such as 90s, or 0 to read once")

    def read() -> Readiness:
        view = look(source, Wish(gateways, implementation, {}))
        notices.update(view.notices)
        return judge_readiness(view.doors, view.around, instance)

    notices: set[Notice] = set()
    readiness = wait_for(read, 0.0 if source.files else limit_s)
    print_notices(sorted(notices))
    click.echo(as_text(readiness, output), nl=False)
    if readiness.findings and limit_s and not source.files:
        print_lines([f"not in effect after {limit}; llmd-routes doctor names the cause"])
    return 1 if readiness.findings else 0
