"""The gRPC service of the external processor around `exchange`. I/O by grpc.aio."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import grpc
from envoy.service.ext_proc.v3 import external_processor_pb2 as pb
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as pb_grpc

from .draws import draw
from .exchange import Exchange, Mode, Reply, Room
from .ext_proc_messages import mode_of, request_of, response_of
from .extraction import Settings
from .metrics import Metrics
from .request_head import Request

# Envoy cancels a stream when it has the last reply. A status that arrives after the cancellation leaks 80 bytes
# (grpc#43360), so a stream waits this many seconds for the cancellation.
_PATIENCE: Final = 1.0
# Larger bodies (bytes) are parsed in worker threads, so that they do not delay the replies to other requests.
_LARGE: Final = 512 * 1024
_WORKERS: Final = 2


class Processor(pb_grpc.ExternalProcessorServicer):  # type: ignore[misc]
    """The gRPC service; `room` limits the buffered bytes of all requests."""

    def __init__(self, settings: Settings, room: Room, metrics: Metrics) -> None:
        self._settings = settings
        self._room = room
        self._metrics = metrics
        self._workers = ThreadPoolExecutor(_WORKERS, "bodies")

    async def Process(self, _: Any, context: Any) -> None:
        """Reply to the parts of one request until it ends; the gateway may end the stream later."""
        exchange: Exchange | None = None
        request = Request("", "", "")
        begun = time.perf_counter()
        try:
            while (message := await context.read()) is not grpc.aio.EOF:
                if exchange is None:
                    exchange = Exchange(self._settings, draw, mode_of(message), self._room)
                if message.HasField("request_headers"):
                    request = request_of(message.request_headers.headers)
                replies = self._replies(exchange, message, request)
                while (reply := await self._next(replies, exchange, message)) is not None:
                    if self._metrics.replied(reply):
                        self._metrics.took(time.perf_counter() - begun)
                    await context.write(response_of(reply, request))
                if exchange.is_over:
                    exchange.close()
                    return await asyncio.sleep(_PATIENCE)
        except Exception as error:
            self._metrics.count("failed")
            _tell(request, error)
            raise
        finally:
            if exchange is not None:
                exchange.close()

    async def _next(self, replies: Iterator[Reply], exchange: Exchange, message: pb.ProcessingRequest) -> Reply | None:
        """Return the next reply to a message, None after the last one; large bodies are parsed in a worker thread."""
        body = message.request_body
        is_last = body.end_of_stream or message.HasField("request_trailers") or exchange.mode is Mode.BUFFERED
        if exchange.is_decided or not is_last or exchange.held + len(body.body) <= _LARGE:
            return next(replies, None)
        work = asyncio.get_running_loop().run_in_executor(self._workers, next, replies, None)
        try:
            return await asyncio.shield(work)
        finally:
            # If the gateway cancels the stream, wait for the thread before the buffer is released.
            await asyncio.wait([work])

    def _replies(self, exchange: Exchange, message: pb.ProcessingRequest, request: Request) -> Iterator[Reply]:
        if message.HasField("request_body"):
            data = message.request_body.body
            self._metrics.read(len(data))
            return exchange.body(data, message.request_body.end_of_stream)
        if message.HasField("request_headers"):
            return exchange.head(request, message.request_headers.end_of_stream)
        return exchange.trailers() if message.HasField("request_trailers") else iter(())


def _tell(request: Request, error: Exception) -> None:
    """Log one line about a failed request; of its content only method and path."""
    said = {"level": "error", "error": f"{type(error).__name__}: {error}", "method": request.method}
    print(json.dumps({**said, "path": request.path.partition("?")[0][:512]}), file=sys.stderr)
