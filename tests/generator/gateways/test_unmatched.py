"""The response to requests that no route matches."""

from __future__ import annotations

import json

from llmd_routes.gateways.unmatched import NOT_FOUND


def test_clients_of_the_openai_api_can_read_it() -> None:
    assert json.loads(NOT_FOUND)["error"].keys() == {"message", "type", "param", "code"}
