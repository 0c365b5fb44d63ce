"""Names within the limits of Kubernetes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.model.naming import LONGEST_NAME, route_name, service_name, shortened

INSTANCES = st.from_regex(r"[a-z]([-a-z0-9.]{0,98}[a-z0-9])?", fullmatch=True)


@given(INSTANCES, st.integers(min_value=1, max_value=999))
def test_names_are_short_enough_and_end_well(instance: str, number: int) -> None:
    name = route_name(instance, number)
    assert len(name) <= LONGEST_NAME and name[-1].isalnum()
    service = service_name("ext-proc-", instance, f"-{number}")
    assert len(service) <= LONGEST_NAME and re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", service)


@given(INSTANCES, INSTANCES)
def test_two_names_stay_two(one: str, other: str) -> None:
    assert (one == other) == (shortened(one, 40) == shortened(other, 40))
    assert (one == other) == (service_name("models-", one) == service_name("models-", other))


def test_a_dot_that_goes_leaves_a_digest() -> None:
    assert service_name("m-", "a-b") == "m-a-b"
    assert service_name("m-", "a.b") != service_name("m-", "a-b")
