"""The list of models and the errors on the real chain, by the gateway itself or by a server of ours."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest

from tests.bench.waiting import until

from .cluster import Cluster
from .echo import ECHO
from .gateway import CHAT, JSON, MODEL, Gateway
from .guide import OWNERS, check, each_block, models
from .scene import GATEWAY, Scene, is_ready, open_scene

Obj = dict[str, Any]
MESSAGES: Any = [{"role": "user", "content": "Hello! Say hi"}]
FORM = {"content-type": "application/x-www-form-urlencoded"}
# Others on the same Gateway: a host of their own, a longer path, and all that nobody else takes.
OTHERS = f"""{ECHO}---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: app}}
spec:
  parentRefs: [{{name: {GATEWAY}}}]
  hostnames: [app.example.com]
  rules: [{{backendRefs: [{{name: echo, port: 8080}}], timeouts: {{request: 0s}}}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: files}}
spec:
  parentRefs: [{{name: {GATEWAY}}}]
  rules:
    - matches: [{{path: {{value: /v1/files}}}}]
      backendRefs: [{{name: echo, port: 8080}}]
      timeouts: {{request: 0s}}
"""


REPLICAS = 2
ORIGIN = "https://chat.example.com"
IMAGE = "registry.example.com/llmd-routes:v1"
ENDPOINTS = {
    "static": (),
    "aggregator": ("--image", IMAGE, "--admin-token-secret", "operators", "--cors-origin", ORIGIN),
}
TOKEN = "sesame"


@pytest.fixture(scope="module", params=ENDPOINTS)
def endpoint(request: pytest.FixtureRequest) -> str:
    """Who answers."""
    return str(request.param)


def entries(endpoint: str) -> list[Obj]:
    """Return what is listed of both engines: a server of ours asks them."""
    return models(asked=endpoint == "aggregator")


def wait_until_listed(scene: Scene, listed: list[Obj]) -> None:
    """Return once the gateway answers with a list of models, and each pod of a models server knows it."""
    wanted = {"object": "list", "data": listed}

    def answering() -> list[Gateway]:
        pods = [pod for pod in scene.pods("models-") if is_ready(pod)]
        return [scene.gateway(), *(Gateway(pod["status"]["podIP"], 8000) for pod in pods)]

    until(
        lambda: all(server.ask("GET", "/v1/models").said == wanted for server in answering()),
        "the list of models is answered",
    )


@pytest.fixture(scope="module")
def scene(cluster: Cluster, endpoint: str) -> Iterator[Scene]:
    """The guide's cluster with its routes, and with applications of others on the same Gateway."""
    with open_scene(cluster, "two-engines", f"models-{endpoint}") as opened:
        opened.kubectl("create", "secret", "generic", "operators", f"--from-literal=token={TOKEN}")
        opened.apply(opened.generate(*ENDPOINTS[endpoint]))
        opened.settle()
        opened.apply(OTHERS, "-n", opened.namespace)
        until(lambda: opened.gateway().ask("GET", "/v1/files/1").status == 200, "the applications of others answer")
        wait_until_listed(opened, entries(endpoint))
        yield opened


@pytest.fixture(scope="module")
def gateway(scene: Scene) -> Gateway:
    return scene.gateway()


@pytest.fixture(scope="module")
def client(gateway: Gateway) -> Iterator[openai.OpenAI]:
    """OpenAI's client, as it is."""
    with openai.OpenAI(base_url=f"http://{gateway.address}:{gateway.port}/v1", api_key="none", max_retries=0) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "headers", "owners"),
    [
        ("/v1/models", {}, OWNERS),
        ("/v1/models?owned_by=VLLM", {}, ("vllm",)),
        ("/v1/models", {"x-owned-by": "sglang"}, ("sglang",)),
        (f"/v1/models/{MODEL}", {}, "vllm"),
        (f"/v1/models/{MODEL}?owned_by=sglang", {}, "sglang"),
        (f"/v1/models/{MODEL.replace('/', '%2F')}", {}, "vllm"),
    ],
)
def test_what_is_served_is_listed(
    gateway: Gateway, endpoint: str, path: str, headers: dict[str, str], owners: str | tuple[str, ...]
) -> None:
    answer = gateway.ask("GET", path, headers)
    there = [entry for entry in entries(endpoint) if entry["owned_by"] in owners]
    wanted = there[0] if isinstance(owners, str) else {"object": "list", "data": there}
    assert (answer.status, answer.engine, json.loads(answer.body)) == (200, None, wanted)
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "words"),
    [
        ("GET", "/v1/models/nope", {}, None, 404, "'nope' is not served"),
        ("DELETE", f"/v1/models/{MODEL}", {}, None, 405, "use GET"),
        ("POST", CHAT, JSON, {"model": "qwen2.5"}, 404, f"Served are: {MODEL} by sglang, {MODEL} by vllm."),
        ("POST", CHAT, JSON, {"model": MODEL, "owned_by": "tgi"}, 404, "is not served by 'tgi'"),
        ("POST", CHAT, {**JSON, "x-owned-by": "tgi"}, {"model": MODEL}, 404, "is not served by 'tgi'"),
        ("POST", f"{CHAT}?owned_by=tgi", JSON, {"model": MODEL}, 404, "is not served by 'tgi'"),
        ("POST", CHAT, JSON, {"messages": []}, 400, "names no model"),
        ("POST", CHAT, FORM, {"model": MODEL}, 400, "application/x-www-form-urlencoded"),
        ("GET", "/v1/responses/1", {}, None, 400, "names no model"),
    ],
)
def test_what_nobody_serves_is_told_why(
    gateway: Gateway, method: str, path: str, headers: dict[str, str], body: Obj | None, status: int, words: str
) -> None:
    answer = gateway.ask(method, path, headers, json.dumps(body) if body is not None else None)
    assert (answer.status, answer.engine, answer.headers["content-type"]) == (status, None, "application/json")
    error = json.loads(answer.body)["error"]
    assert error.keys() == {"message", "type", "param", "code"} and words in error["message"]


@pytest.mark.parametrize("body", [{}, {"model": "nope"}, {"model": MODEL, "owned_by": "tgi"}])
def test_applications_of_others_are_left_alone(gateway: Gateway, body: Obj) -> None:
    """No model, one that nobody serves: to their hosts and longer paths that is nothing to be told about."""
    for method, path, headers in (
        ("POST", CHAT, {**JSON, "host": "app.example.com"}),
        ("POST", "/v1/models", {**JSON, "host": "app.example.com"}),
        ("POST", "/v1/files/1", JSON),
    ):
        answer = gateway.ask(method, path, headers, json.dumps(body))
        assert (answer.status, json.loads(answer.body)["path"]) == (200, path)


@each_block
def test_the_guide(gateway: Gateway, endpoint: str, tmp_path: Path, block: str) -> None:
    check(block, gateway, tmp_path, TOKEN if endpoint == "aggregator" else None)


def test_openai_lists_and_retrieves(client: openai.OpenAI) -> None:
    assert [(model.id, model.owned_by) for model in client.models.list()] == [(MODEL, "sglang"), (MODEL, "vllm")]
    assert client.models.retrieve(MODEL).owned_by == "vllm"
    assert client.models.retrieve(MODEL, extra_query={"owned_by": "sglang"}).owned_by == "sglang"
    with pytest.raises(openai.NotFoundError, match="'nope' is not served"):
        client.models.retrieve("nope")


@pytest.mark.parametrize("engine", ["sglang", "vllm"])
def test_openai_names_an_engine(client: openai.OpenAI, engine: str) -> None:
    def engine_of(one: openai.OpenAI, **more: Any) -> str:
        asked = one.chat.completions.with_raw_response.create(model=MODEL, messages=MESSAGES, **more)
        assert asked.parse().choices[0].message.content
        return str(asked.headers["x-bench-engine"])

    assert engine_of(client, extra_body={"owned_by": engine}) == engine
    assert engine_of(client.with_options(default_headers={"x-owned-by": engine})) == engine
    assert engine_of(client.with_options(default_query={"owned_by": engine})) == engine


def test_openai_streams_and_completes(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
    assert len([chunk for chunk in stream if chunk.choices[0].delta.content]) > 1
    # The stand-in answers all that generates in the form of a chat.
    assert client.completions.create(model=MODEL, prompt="Hello").model == MODEL


def test_openai_embeds(client: openai.OpenAI) -> None:
    asked = client.embeddings.with_raw_response.create(model=MODEL, input="Hello", extra_body={"owned_by": "sglang"})
    assert asked.parse().data[0].embedding == [0.5, 0.25, 1]
    assert asked.headers["x-bench-engine"] == "sglang"


def test_openai_says_the_model_where_a_call_has_none(client: openai.OpenAI) -> None:
    """The stand-in keeps no responses, but it is an engine that says so."""
    with pytest.raises(openai.BadRequestError, match="names no model"):
        client.responses.retrieve("resp_1")
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.retrieve("resp_1", extra_query={"model": MODEL, "owned_by": "sglang"})
    assert caught.value.response.headers["x-bench-engine"] == "sglang"


def test_openai_is_told_what_is_served(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="qwen", messages=MESSAGES)
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model=MODEL, messages=MESSAGES, extra_body={"owned_by": "tgi"})
    assert caught.value.param == "owned_by"


def test_web_pages_may_ask_where_they_are_named(gateway: Gateway, endpoint: str) -> None:
    if endpoint == "static":
        return
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization, content-type"}
    for origin, allowed in ((ORIGIN, ORIGIN), ("https://other.example.com", None)):
        for method, path, headers in (("OPTIONS", CHAT, asks), ("GET", "/v1/models", {})):
            answer = gateway.ask(method, path, {**headers, "origin": origin})
            assert answer.headers.get("access-control-allow-origin") == allowed
            assert answer.status == (400 if method == "OPTIONS" and allowed is None else 200)
    head = gateway.ask("HEAD", "/v1/models")
    assert (head.status, head.body) == (200, b"") and int(head.headers["content-length"]) > 100


def test_operators_with_the_token(gateway: Gateway, endpoint: str) -> None:
    """The guide's call 5; without a server of ours there is nothing for operators."""
    bearer = {"authorization": f"Bearer {TOKEN}"}
    told = gateway.ask("POST", "/admin/discover", bearer)
    routing = gateway.ask("GET", "/admin/api/routing", bearer)
    if endpoint == "static":
        assert (told.status, routing.status) == (404, 404)
        return
    pools = {owner: f"gaie-{owner}-qwen2-5-0-5b" for owner in OWNERS}
    services = {f"{MODEL}::{owner}": pool for owner, pool in pools.items()}
    assert told.said == {"message": "Service discovery completed", "discovered": 2, "services": services}
    assert routing.said == [{"model": MODEL, "owned_by": owner, "service_name": pools[owner]} for owner in OWNERS]
    assert gateway.ask("DELETE", "/admin/api/routing", bearer).status == 405
    for headers, status in (({}, 401), ({"authorization": "Bearer wrong"}, 403)):
        for method, path in (("POST", "/admin/discover"), ("GET", "/admin/api/routing")):
            refused = gateway.ask(method, path, headers)
            assert (refused.status, refused.headers["www-authenticate"][:6]) == (status, "Bearer")


def test_the_server_may_look_at_pods_and_do_nothing_else(scene: Scene, endpoint: str) -> None:
    """Tried on the real RBAC, as its ServiceAccount."""
    if endpoint == "static":
        return
    (name,) = {pod["spec"]["serviceAccountName"] for pod in scene.pods("models-")}
    user = f"--as=system:serviceaccount:{scene.namespace}:{name}"
    kubectl = scene.cluster.bench.kubectl
    assert kubectl.run("get", "pods", "-n", scene.namespace, user).returncode == 0
    resources = kubectl.must("api-resources", "-o", "name").split()
    assert {"pods", "secrets", "configmaps", "httproutes.gateway.networking.k8s.io"} <= set(resources)
    allowed = kubectl.must("auth", "can-i", "--list", "-n", scene.namespace, user)
    rows = [line.split() for line in allowed.splitlines()[1:]]
    named = [row for row in rows if not row[0].startswith(("[", "selfsubject"))]
    assert named == [["pods", "[]", "[]", "[list", "watch]"]]
    for words in (("get", "pods"), ("list", "secrets"), ("get", "configmaps"), ("delete", "pods"), ("create", "pods")):
        assert kubectl.run("auth", "can-i", *words, "-n", scene.namespace, user).stdout.strip() == "no", words
    assert kubectl.run("auth", "can-i", "list", "pods", "-n", "default", user).stdout.strip() == "no"
    assert kubectl.run("get", "secrets", "-n", scene.namespace, user).returncode != 0


def test_the_list_follows_the_routes(scene: Scene, gateway: Gateway, endpoint: str) -> None:
    """An engine that is gone is gone from the list with the next `generate`, and asking for it is told so."""
    for release in ("ms", "gaie"):
        scene.kubectl("delete", "deployment", "-l", f"app.kubernetes.io/instance={release}-sglang-qwen2-5-0-5b")
    scene.apply(scene.generate(*ENDPOINTS[endpoint]))
    until(lambda: gateway.ask("GET", "/v1/models").said["data"] == entries(endpoint)[1:], "the list is the new one")
    until(lambda: gateway.chat({}, owned_by="sglang").status == 404, "the engine that is gone is told")
    assert gateway.chat({}, owned_by="vllm").engine == "vllm"


def test_a_server_that_is_there_already(scene: Scene, gateway: Gateway, endpoint: str) -> None:
    """Routes alone lead to it; here it is the one that was emitted before."""
    if endpoint == "static":
        return
    (name,) = (
        one["metadata"]["name"] for one in scene.get("services")["items"] if "models-" in one["metadata"]["name"]
    )
    scene.kubectl("delete", "httproute", "--all")
    until(lambda: gateway.ask("GET", "/v1/models").status == 404, "nobody answers the list")
    scene.apply(scene.generate("--models-service", f"{name}:80"))
    until(lambda: gateway.ask("GET", "/v1/models").status == 200, "the list is answered")
    assert gateway.ask("POST", "/admin/discover", {"authorization": f"Bearer {TOKEN}"}).status == 404


def test_nobody_answers_where_that_is_asked_for(scene: Scene, gateway: Gateway) -> None:
    scene.kubectl("delete", "httproute", "--all")
    scene.apply(scene.generate("--models-endpoint", "none"))
    until(lambda: gateway.ask("GET", "/v1/models").status == 404, "nobody answers the list")
    until(lambda: gateway.chat({}, owned_by="vllm").engine == "vllm", "the routes are there")
