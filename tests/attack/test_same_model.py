"""No body is routed by one model and run as another: every carrier beside the parsers of engines.

Each request also names a model in its query, which no engine reads. `tests/bench` compares with the picker's parser.
"""

from __future__ import annotations

import pytest

from tests.fuzzing import count_of, seed_of

from .carriers import CARRIERS, Carrier, carrier_of, compare
from .engines import model_of_form, model_of_json
from .mutations import form_mutants, json_mutants

COUNT = count_of(5_000)


@pytest.fixture(scope="module", params=CARRIERS)
def carrier(request: pytest.FixtureRequest) -> Carrier:
    return carrier_of(request.param)


def test_json(carrier: Carrier) -> None:
    counts = compare(carrier, json_mutants(COUNT, seed_of(20261127)), lambda mutant: model_of_json(mutant.body))
    assert min(counts["body"], counts["query"], counts["none"]) > 50, counts


# starlette leaves files open when a form ends early.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_forms(carrier: Carrier) -> None:
    counts = compare(
        carrier, form_mutants(COUNT, seed_of(20261127)), lambda each: model_of_form(each.content_type, each.body)
    )
    assert min(counts["body"], counts["query"], counts["none"]) > 50, counts
