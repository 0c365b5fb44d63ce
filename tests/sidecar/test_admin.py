"""What operators are answered, and nobody else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llmd_routes_sidecar.admin import Admin
from llmd_routes_sidecar.answers import DISCOVER, ROUTING
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.models_app import State, application
from llmd_routes_sidecar.request_head import Request
from llmd_routes_sidecar.served import Entry, Served

from .asgi import INNER, ask

SERVED = Served((Entry("org/m", "sglang", pool="pool-s"), Entry("org/m", "vllm", pool="pool-v"), Entry("x", "tgi")))
TOKEN = (("authorization", "Bearer sesame"),)
Answered = tuple[int, dict[str, str], Any]


class Asked:
    """Operators' paths beside the list, and how often all engines were asked."""

    def __init__(self, folder: Path, token: bytes | None = b"sesame\n") -> None:
        self.rounds = 0
        state = State()
        state.take(SERVED)
        file = folder / "token"
        if token is not None:
            file.write_bytes(token)
        admin = Admin(file, self._round, lambda: state.served)
        self._app = application(state, Settings(), ["*"], INNER, admin)

    async def _round(self) -> None:
        self.rounds += 1

    def __call__(self, method: str, path: str, headers: tuple[tuple[str, str], ...] = TOKEN) -> Answered:
        status, sent, raw = ask(self._app, Request(method, "llm.example.com", path, headers))
        return status, sent, json.loads(raw)


@pytest.fixture
def operators(tmp_path: Path) -> Asked:
    return Asked(tmp_path)


def test_discovery(operators: Asked) -> None:
    status, _, said = operators("POST", DISCOVER)
    services = {"org/m::sglang": "pool-s", "org/m::vllm": "pool-v", "x::tgi": None}
    assert (status, said) == (
        200,
        {"message": "Service discovery completed", "discovered": 3, "services": services},
    )
    assert operators.rounds == 1
    assert operators("POST", f"{DISCOVER}/")[0] == 200


def test_where_requests_go(operators: Asked) -> None:
    status, _, said = operators("GET", ROUTING)
    assert (status, said[0]) == (200, {"model": "org/m", "owned_by": "sglang", "service_name": "pool-s"})
    assert len(said) == 3 and operators.rounds == 0


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed", "words"),
    [
        ("GET", DISCOVER, 405, "POST", "Use POST."),
        ("POST", ROUTING, 405, "GET", "where requests go is configuration"),
        ("DELETE", ROUTING, 405, "GET", "where requests go is configuration"),
        ("GET", "/admin", 404, None, "There are POST"),
        ("GET", "/admin/other", 404, None, "There are POST"),
    ],
)
def test_what_cannot_be_asked(
    operators: Asked, method: str, path: str, status: int, allowed: str | None, words: str
) -> None:
    found, headers, said = operators(method, path)
    assert (found, headers.get("allow"), operators.rounds) == (status, allowed, 0)
    assert words in said["error"]["message"]


@pytest.mark.parametrize(
    ("authorization", "status", "challenge"),
    [
        (None, 401, 'Bearer realm="llmd-routes"'),
        ("", 401, 'Bearer realm="llmd-routes"'),
        ("Bearer", 401, 'Bearer realm="llmd-routes"'),
        ("Bearer  ", 401, 'Bearer realm="llmd-routes"'),
        ("Basic c2VzYW1l", 401, 'Bearer realm="llmd-routes"'),
        ("Bearer wrong", 403, 'Bearer realm="llmd-routes", error="invalid_token"'),
        ("Bearer sesame2", 403, 'Bearer realm="llmd-routes", error="invalid_token"'),
        ("Bearer s\xe9same", 403, 'Bearer realm="llmd-routes", error="invalid_token"'),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("POST", DISCOVER), ("GET", ROUTING), ("DELETE", "/admin/other")])
def test_who_is_not_let_in(
    operators: Asked, method: str, path: str, authorization: str | None, status: int, challenge: str
) -> None:
    headers = (("authorization", authorization),) if authorization is not None else ()
    found, sent, said = operators(method, path, headers)
    assert (found, sent["www-authenticate"], operators.rounds) == (status, challenge, 0)
    assert said.keys() == {"error"} and "sesame" not in json.dumps(said)


def test_a_token_in_any_case_of_its_scheme_and_one_that_was_changed(tmp_path: Path) -> None:
    operators = Asked(tmp_path)
    assert operators("POST", DISCOVER, (("authorization", "bearer  sesame "),))[0] == 200
    (tmp_path / "token").write_text("other")
    assert operators("POST", DISCOVER)[0] == 403
    assert operators("POST", DISCOVER, (("authorization", "Bearer other"),))[0] == 200


@pytest.mark.parametrize("token", [None, b"", b" \n"])
def test_no_token_lets_nobody_in(tmp_path: Path, token: bytes | None) -> None:
    for given in ("", " ", "x", "sesame"):
        assert Asked(tmp_path, token)("POST", DISCOVER, (("authorization", f"Bearer {given}"),))[0] in (401, 403)


def test_each_request_leaves_a_line(operators: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    operators("POST", DISCOVER, (*TOKEN, ("x-forwarded-for", "192.0.2.1\x1b[2J")))
    operators("GET", ROUTING, (("authorization", "Bearer wrong"),))
    operators("GET", "/admin/other\n", ())
    assert capsys.readouterr().err.splitlines() == [
        f"admin: POST {DISCOVER} 200, asked by nobody for 192.0.2.1?[2J",
        f"admin: GET {ROUTING} 403, asked by nobody",
        "admin: GET /admin/other? 401, asked by nobody",
    ]


def test_without_a_token_file_there_is_nothing_for_operators() -> None:
    state = State()
    state.take(SERVED)
    app = application(state, Settings(), (), INNER)
    for path in ("/admin", DISCOVER, ROUTING):
        status, headers, _ = ask(app, Request("POST", "llm.example.com", path, TOKEN))
        assert status == 404 and "www-authenticate" not in headers
    # Paths of clients that only begin alike are theirs.
    assert ask(app, Request("GET", "llm.example.com", "/administration"))[0] == 400


def test_web_pages_cannot_pose_as_operators(operators: Asked) -> None:
    origin = ("origin", "https://chat.example.com")
    preflight = (origin, ("access-control-request-method", "POST"), ("access-control-request-headers", "authorization"))
    status, headers, _ = operators("OPTIONS", DISCOVER, preflight)
    assert status == 401 and "access-control-allow-origin" not in headers
    _, headers, _ = operators("POST", DISCOVER, (*TOKEN, origin))
    assert "access-control-allow-origin" not in headers
