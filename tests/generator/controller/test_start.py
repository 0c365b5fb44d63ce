"""The parts of a controller together: several with a Lease write once, and metrics show which of them leads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from threading import Thread

from llmd_routes.controller.log import Log
from llmd_routes.controller.start import Parts, start
from tests.api_server import ApiServer, api_server
from tests.bench.waiting import until

from .cluster import INSTANCE, Fixed, connected, guide, wish
from .test_monitoring import get


@contextmanager
def controllers(api: ApiServer, folder: Path, count: int) -> Iterator[list[int]]:
    """Run controllers with one Lease until the block ends; gives the ports of their metrics."""
    ports, loops = [], []
    for _ in range(count):
        stream = StringIO()
        loop = start(Parts(connected(api, folder), Fixed(wish()), Log(stream)), "lease", 0)
        ports.append(int(json.loads(stream.getvalue())["message"].rpartition(" ")[2]))
        loops.append(loop)
    threads = [Thread(target=loop.run) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield ports
    finally:
        for loop in loops:
            loop.stop()
        for thread in threads:
            thread.join(10)


def test_one_of_two_controllers_leads_and_both_are_ready(tmp_path: Path) -> None:
    with api_server() as api:
        api.put(*guide())
        with controllers(api, tmp_path, 2) as ports:
            until(lambda: api.names("HTTPRoute") == [INSTANCE], "the route is made")
            until(lambda: all(get(port, "/readyz")[0] == 200 for port in ports), "both are ready")
            metrics = [get(port, "/metrics")[1] for port in ports]
            leaders = [text for text in metrics if "\nllmd_routes_controller_leader 1.0" in text]
            assert len(leaders) == 1
            written = [text for text in metrics if "\nllmd_routes_controller_applied_objects_total 0.0" not in text]
            assert written == leaders
