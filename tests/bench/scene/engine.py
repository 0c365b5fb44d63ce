"""`python -m tests.bench.scene.engine ENGINE [COMMAND WORD...]`: answers as an inference engine that has no model.

ENGINE is vllm or sglang. Models and port come from the words of its command, by the flags of the real program. A reply
is what the engine sent in the guide, and its headers tell a test which engine answered what: `x-bench-engine`,
`x-bench-pod`, `x-bench-seen` (JSON: path, bytes and fields of the body, headers of the gateway). As with the real ones,
only vllm refuses a model that it does not serve.

A stream can be stepped: with `metadata: {"bench_step": NAME}` in the request each chunk but the first waits until
somebody posts to `/bench/step/NAME`, so a test that does so only after it saw a chunk knows that nobody held it back.
"""

from __future__ import annotations

import base64
import json
import socket
import struct
import sys
import threading
import time
import uuid
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Obj = dict[str, Any]
PORTS = {"vllm": 8000, "sglang": 30000}
WORDS = ("Hello", "!", " How", " can", " I", " help?")
STEP = "/bench/step/"
STEP_SECONDS = 30.0
CREATED = 1766189945
_EMBEDDINGS = "/v1/embeddings"
_GENERATING = ("/v1/chat/completions", "/v1/completions", "/generate")


@dataclass(frozen=True)
class Server:
    """What the words of a command say: which engine, what it serves, where."""

    engine: str
    models: tuple[str, ...]
    root: str
    port: int
    key: str | None = None


def read_command(engine: str, words: list[str]) -> Server:
    """Return what an engine would do with its command; defaults are the engine's own."""
    parser = ArgumentParser(allow_abbrev=False)
    parser.add_argument("positional", nargs="*")
    parser.add_argument("--model", "--model-path")
    parser.add_argument("--served-model-name", nargs="+")
    parser.add_argument("--port", type=int, default=PORTS[engine])
    parser.add_argument("--api-key")
    found, _ = parser.parse_known_args(words)
    root = found.model or found.positional[-1]
    return Server(engine, tuple(found.served_model_name or [root]), root, found.port, found.api_key)


def completion(server: Server, model: str) -> Obj:
    """Return the reply to a chat completion, with the fields that the engine sends."""
    message: Obj = {"role": "assistant", "content": "".join(WORDS), "reasoning_content": None}
    choice: Obj = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    usage: Obj = {"prompt_tokens": 33, "total_tokens": 43, "completion_tokens": 10, "prompt_tokens_details": None}
    reply: Obj = {"id": uuid.uuid4().hex, "object": "chat.completion", "created": CREATED, "model": model}
    reply |= {"choices": [choice], "usage": usage}
    if server.engine == "sglang":
        message["tool_calls"] = None
        choice["matched_stop"] = 151645
        usage["reasoning_tokens"] = 0
        return reply | {"metadata": {"weight_version": "default"}}
    message |= dict.fromkeys(("refusal", "annotations", "audio", "function_call", "reasoning")) | {"tool_calls": []}
    choice |= {"stop_reason": None, "token_ids": None}
    nulls = dict.fromkeys(("service_tier", "system_fingerprint", "prompt_logprobs", "prompt_token_ids"))
    return reply | nulls | {"id": f"chatcmpl-{reply['id']}", "kv_transfer_params": None}


def chunks(model: str) -> Iterator[str]:
    """Yield the events of a streamed chat completion."""
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": "chat.completion.chunk", "created": CREATED}
    for word in WORDS:
        choice = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        yield f"data: {json.dumps({**head, 'model': model, 'choices': [choice]})}\n\n"
    yield "data: [DONE]\n\n"


def embeddings(model: str) -> Obj:
    """Return the reply to embeddings, as the client of OpenAI asks for them: floats in base64."""
    vector = base64.b64encode(struct.pack("<3f", 0.5, 0.25, 1)).decode()
    data = [{"object": "embedding", "index": 0, "embedding": vector}]
    return {"object": "list", "model": model, "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}


def models(server: Server) -> Obj:
    """Return the reply to `GET /v1/models`."""
    rest = {"object": "model", "created": CREATED, "owned_by": server.engine, "root": server.root}
    data = [{"id": model, **rest, "parent": None, "max_model_len": 32768} for model in server.models]
    return {"object": "list", "data": data}


def metrics(server: Server, requests: int) -> str:
    """Return the metrics that an endpoint picker reads, in the names of vLLM, and how often the engine was asked."""
    gauges = ("num_requests_waiting", "num_requests_running", "kv_cache_usage_perc", "lora_requests_info")
    lines = [f'vllm:{gauge}{{model_name="{server.models[0]}"}} 0' for gauge in gauges]
    lines += ['vllm:cache_config_info{block_size="16",num_gpu_blocks="1024"} 1', f"bench_requests_total {requests}"]
    return "\n".join([*lines, ""])


def failure(server: Server, code: int, message: str) -> Obj:
    """Return the reply to a request that an engine does not execute, as that engine writes it."""
    kind = "NotFoundError" if code == 404 else "BadRequestError"
    error = {"message": message, "type": kind, "param": "model" if code == 404 else None, "code": code}
    return {"object": "error", **error} if server.engine == "sglang" else {"error": error}


class Engine(ThreadingHTTPServer):
    """An engine that listens on all addresses of its pod."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, server: Server) -> None:
        super().__init__(("0.0.0.0", server.port), Handler)
        self.says = server
        self.requests = 0
        self.steps: dict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(0))


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    server: Engine

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer the list of models, metrics and health."""
        if self.path == "/metrics":
            return self._send(200, metrics(self.server.says, self.server.requests), "text/plain")
        if self._lacks_key():
            return self._send(401, {"error": "Unauthorized"})
        if self.path.partition("?")[0] == "/v1/models":
            return self._send(200, models(self.server.says))
        return self._send(200 if self.path == "/health" else 404, {"path": self.path})

    def do_POST(self) -> None:
        """Answer completions, and the admin path that a gateway must not pass on."""
        raw = self._body()
        if self.path.startswith(STEP):
            self.server.steps[self.path.removeprefix(STEP)].release()
            return self._send(200, {})
        if self.path == "/flush_cache":
            return self._send(200, "Cache flushed.\n", "text/plain")
        path = self.path.partition("?")[0]
        if self._lacks_key():
            return self._send(401, {"error": "Unauthorized"})
        if path not in (*_GENERATING, _EMBEDDINGS):
            return self._send(404, {"detail": "Not Found"})
        self.server.requests += 1
        try:
            request = json.loads(raw)
        except ValueError as error:
            return self._error(400, f"invalid JSON: {error}", {"bytes": len(raw)})
        model, seen = request.get("model"), {"bytes": len(raw), "fields": sorted(request)}
        if model not in self.server.says.models and self.server.says.engine == "vllm":
            return self._error(404, f"The model `{model}` does not exist.", seen)
        if path == _EMBEDDINGS:
            return self._send(200, embeddings(model), seen=seen)
        if request.get("stream"):
            return self._stream(model, (request.get("metadata") or {}).get("bench_step"), seen)
        return self._send(200, completion(self.server.says, model), seen=seen)

    def _lacks_key(self) -> bool:
        key = self.server.says.key
        return key is not None and self.path.startswith("/v1/") and self.headers["authorization"] != f"Bearer {key}"

    def _error(self, code: int, message: str, seen: Obj) -> None:
        self._send(code, failure(self.server.says, code, message), seen=seen)

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            return self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass  # trailers
        return body

    def _send(self, code: int, body: Obj | str, kind: str = "application/json", seen: Obj | None = None) -> None:
        sent = (body if isinstance(body, str) else json.dumps(body)).encode()
        self._head(code, kind, seen or {})
        self.send_header("content-length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def _head(self, code: int, kind: str, seen: Obj) -> None:
        headers = [(name, value) for name, value in self.headers.items() if name.lower().startswith("x-")]
        told = {"path": self.path, "headers": headers, **seen}
        self.send_response(code)
        self.send_header("content-type", kind)
        self.send_header("x-bench-engine", self.server.says.engine)
        self.send_header("x-bench-pod", self.connection.getsockname()[0])
        self.send_header("x-bench-seen", json.dumps(told))

    def _stream(self, model: str, step: str | None, seen: Obj) -> None:
        self._head(200, "text/event-stream", seen)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for number, chunk in enumerate(chunks(model)):
            if step and number and not self.server.steps[step].acquire(timeout=STEP_SECONDS):
                break
            if not step:
                time.sleep(0.02)
            self._write(chunk.encode())
        self._write(b"")

    def _write(self, chunk: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        self.wfile.flush()


if __name__ == "__main__":
    Engine(read_command(sys.argv[1], sys.argv[2:])).serve_forever()
