"""What operators are answered, and nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmd_routes_sidecar.admin import Admin
from llmd_routes_sidecar.answers import DISCOVER, ROUTING
from llmd_routes_sidecar.catalog import Catalog, Model, Service
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.models_app import State, application
from llmd_routes_sidecar.operators import Operators
from llmd_routes_sidecar.request_head import Request
from tests.api_server import ApiServer, api_server

from .asgi import INNER, ask
from .kubeconfigs import write_kubeconfig


def service(model: str, owner: str, pool: str | None) -> Service:
    return Service(owned_by=owner, models=(Model(id=model),), pool=pool, keys=(f"llm/Deployment/{owner}",))


CATALOG = Catalog(services=(service("org/m", "sglang", "pool-s"), service("org/m", "vllm", "pool-v")))
SERVED = Catalog(services=(*CATALOG.services, Service(owned_by="tgi", models=(Model(id="x"),))))
TOKEN = (("authorization", "Bearer sesame"),)
Answered = tuple[int, dict[str, str], Any]


class Asked:
    """Operators' paths beside the list, and how often all engines were asked."""

    def __init__(
        self,
        folder: Path,
        token: bytes | None = b"sesame\n",
        operators: Operators | None = None,
        catalog: Catalog = SERVED,
    ) -> None:
        self.rounds = 0
        state = State()
        state.take(SERVED.served)
        file = folder / "token"
        if token is not None:
            file.write_bytes(token)
        admin = Admin(file, self._round, lambda: catalog, operators)
        self._app = application(state, Settings(), ["*"], INNER, admin)

    async def _round(self) -> None:
        self.rounds += 1

    def __call__(
        self, method: str, path: str, headers: tuple[tuple[str, str], ...] = TOKEN, body: bytes | None = None
    ) -> Answered:
        status, sent, raw = ask(self._app, Request(method, "llm.example.com", path, headers), body=body)
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
        ("POST", ROUTING, 405, "GET", "routes are configuration"),
        ("DELETE", ROUTING, 405, "GET", "routes are configuration"),
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
        f"admin: POST {DISCOVER} 200, asked by an unknown client for 192.0.2.1?[2J",
        f"admin: GET {ROUTING} 403, asked by an unknown client",
        "admin: GET /admin/other? 401, asked by an unknown client",
    ]


def test_without_a_token_file_there_is_nothing_for_operators() -> None:
    state = State()
    state.take(SERVED.served)
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


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    """The settings of a controller."""
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    with api_server() as opened:
        write_kubeconfig(tmp_path / "kubeconfig", opened.url)
        for name, data in (("controller", {"llmd-routes.yaml": "defaults: {}\n"}), ("controller-operators", {})):
            metadata = {"name": name, "namespace": "llm"}
            opened.put({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
        yield opened


@pytest.fixture
def changing(api: ApiServer, tmp_path: Path) -> Asked:
    return Asked(tmp_path, operators=Operators("llm", "controller"), catalog=CATALOG)


NEW = {"model": "adapter", "owned_by": "vllm", "service_name": "pool-v"}


def test_routes_are_added_and_removed_in_the_settings(changing: Asked, api: ApiServer) -> None:
    status, _, said = changing("POST", ROUTING, body=json.dumps(NEW).encode())
    assert (status, said) == (200, NEW)
    assert NEW in changing("GET", ROUTING)[2], "it is shown at once, before the catalog has it"
    status, _, said = changing("POST", ROUTING, body=json.dumps(NEW).encode())
    assert (status, said["detail"]) == (400, "Mapping already exists for model 'adapter' with owned_by 'vllm'")
    status, _, said = changing("DELETE", f"{ROUTING}?model=org%2Fm&owned_by=sglang")
    assert (status, said) == (200, {"message": "Mapping deleted successfully"})
    status, _, said = changing("DELETE", f"{ROUTING}?model=org%2Fm&owned_by=sglang")
    assert (status, said["detail"]) == (404, "Mapping not found for model 'org/m' with owned_by 'sglang'")
    assert said["error"]["message"] == f"{said['detail']}."
    spec = json.loads(api.object("ConfigMap", "controller-operators")["data"]["admin.yaml"])["spec"]
    assert spec["modelServices"] == {
        "llm/Deployment/vllm": {"addModels": ["adapter"]},
        "llm/Deployment/sglang": {"removeModels": ["org/m"]},
    }


def test_discovery_requests_another_examination(changing: Asked, api: ApiServer) -> None:
    moments = set()
    for rounds in (1, 2):
        status, _, said = changing("POST", DISCOVER)
        assert (status, said["discovered"], changing.rounds) == (200, 2, rounds)
        moments.add(api.object("ConfigMap", "controller-operators")["metadata"]["annotations"]["llmd-routes/requested"])
    assert len(moments) == 2


def test_each_change_leaves_a_line_with_it(changing: Asked, capsys: pytest.CaptureFixture[str]) -> None:
    changing("POST", ROUTING, body=json.dumps({**NEW, "model": "a\x1bb"}).encode())
    changing("DELETE", f"{ROUTING}?model=org%2Fm")
    changing("POST", ROUTING, body=b"{")
    assert capsys.readouterr().err.splitlines() == [
        f'admin: POST {ROUTING} 400, asked by an unknown client: {{"model": "a\\u001bb", "owned_by": "vllm",'
        ' "service_name": "pool-v"}',
        f'admin: DELETE {ROUTING} 404, asked by an unknown client: {{"model": "org/m", "owned_by": null,'
        ' "service_name": null}',
        f"admin: POST {ROUTING} 422, asked by an unknown client",
    ]


def test_settings_that_cannot_be_read_are_not_an_empty_list(changing: Asked, api: ApiServer) -> None:
    api.refused["configmaps"] = 403
    for method, path in (("GET", ROUTING), ("POST", DISCOVER)):
        status, _, said = changing(method, path)
        assert status == 503
        assert ": no permission; apply the output of generate" in said["detail"]


def test_a_change_needs_the_token_too(changing: Asked, api: ApiServer) -> None:
    version = api.version
    wrong = (("authorization", "Bearer wrong"),)
    assert changing("DELETE", f"{ROUTING}?model=org%2Fm&owned_by=sglang", wrong)[0] == 403
    assert changing("PUT", ROUTING)[0] == 405
    assert changing("PUT", ROUTING)[1]["allow"] == "DELETE, GET, POST"
    assert api.version == version


def test_a_long_body_is_not_read_to_its_end(changing: Asked) -> None:
    assert changing("POST", ROUTING, body=b" " * (1 << 20))[0] == 413
