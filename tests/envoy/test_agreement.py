"""The filter, the external processor and the service over HTTP agree on bodies that are JSON or forms, or nearly so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

import pytest

from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from llmd_routes_sidecar.request_head import Request
from tests.attack.mutations import QUERY, Mutant, form_mutants, json_mutants
from tests.fuzzing import count_of, seed_of

from . import authz, sidecar
from .client import call
from .conftest import ROUTES, filter_of
from .process import Envoy, envoy
from .upstream import Upstream, read

SETTINGS = Settings()
Result = tuple[int, str | None, str | None]


@pytest.fixture(scope="module")
def gateways(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Envoy]]:
    """One gateway for each way of reading bodies."""
    folder: Path = tmp_path_factory.mktemp("agreement")
    with ExitStack() as stack:
        processor = sidecar.cluster(stack.enter_context(sidecar.processor(SETTINGS)))
        service = authz.cluster(stack.enter_context(authz.service(SETTINGS)))
        filters = {
            "lua": (filter_of(SETTINGS), []),
            "ext_proc": (sidecar.emitted(SETTINGS), [processor]),
            "ext_authz": (sidecar.emitted(SETTINGS, "ext-authz"), [service]),
        }
        running = {}
        for name, (envoy_filter, further) in filters.items():
            home = folder / name
            home.mkdir()
            running[name] = stack.enter_context(envoy(home, behind.port, ROUTES, envoy_filter, further=further))
        yield running


def result_of(gateway: Envoy, mutant: Mutant) -> Result:
    """Return the status of a request, and the model and the engine that arrive."""
    headers = (("content-type", mutant.content_type),) if mutant.content_type else ()
    status, _, raw = call(gateway.port, Request("POST", "h", QUERY, headers), mutant.body)
    if status != 200:
        return status, None, None
    got = read(raw)
    return status, got.value(MODEL_HEADER), got.value(OWNER_HEADER)


def test_all_ways_of_reading_agree(gateways: dict[str, Envoy]) -> None:
    count, seed = count_of(1_000), seed_of(20261128)
    results: Counter[Result] = Counter()
    skipped = 0
    for mutant in chain(json_mutants(count, seed), form_mutants(count, seed)):
        by_name = {name: result_of(gateway, mutant) for name, gateway in gateways.items()}
        result = by_name["ext_authz"]
        assert by_name["ext_proc"] == result, (mutant, by_name)
        # The filter does not check the syntax of what it skips; engines refuse such bodies themselves.
        assert by_name["lua"] == result or result[0] == 400, (mutant, by_name)
        results[result] += 1
        skipped += by_name["lua"] != result
    assert min(results[200, "org/m", "vllm"], results[200, "query", "default"], results[400, None, None]) > 50, results
    assert 0 < skipped < results[400, None, None], (skipped, results)
