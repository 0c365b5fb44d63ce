"""`llmd-routes controller`: keep the routes of a cluster current."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import click

from .command import SectionedCommand
from .input_options import input_options, selector_option
from .option_groups import section
from .plan_options import plan_options
from .stderr import is_quiet
from .wishes import Wishes

if TYPE_CHECKING:
    from llmd_routes.reading.request import Input


@click.command(cls=SectionedCommand)
@input_options
@selector_option
@plan_options
@section(
    "Controller",
    click.option("--dry-run", "is_dry", is_flag=True, help="Change nothing; log the differences."),
    click.option(
        "--allow-mass-removal", "removes_many", is_flag=True, help="Also remove more than half of the routes at once."
    ),
    click.option(
        "--config-map",
        metavar="NAME",
        help="Follow this ConfigMap in the namespace of the controller: its settings replace those of --config.",
    ),
    click.option(
        "--lease",
        metavar="NAME",
        help="Of all controllers with this Lease in their namespace, only one applies routes.  [default: no Lease]",
    ),
    click.option(
        "--monitoring-port",
        type=click.IntRange(0, 65535),
        metavar="PORT",
        help="Serve /health, /readyz and /metrics at this port.  [default: none]",
    ),
)
def controller(source: Input, config_map: str | None, lease: str | None, monitoring_port: int | None, **_: Any) -> int:
    """Apply the output of generate whenever the cluster changes.

    Routes are removed only if the deletion of their ModelService was seen. Objects and fields of other owners are not
    changed. The settings file is read again when it changes. The log goes to stderr, as JSON. Runs until SIGTERM or
    SIGINT.
    """
    from llmd_routes.controller.log import Log
    from llmd_routes.controller.start import Parts, start
    from llmd_routes.reading.request import connection_of

    server = connection_of(source)
    wishes = Wishes(click.get_current_context(), server.namespace, config_map)
    log = Log(least="error" if is_quiet() else "info")
    loop = start(Parts(server, wishes, log), lease, monitoring_port)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: loop.stop())
    loop.run()
    return 0
