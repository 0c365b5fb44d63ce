"""One request over HTTP/2, with prior knowledge."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, StreamReset, WindowUpdated

Headers = Sequence[tuple[str, str]]
_SECONDS = 20.0


def call2(
    port: int, headers: Headers, body: bytes | None = None, trailers: Headers = (), ends: bool = True
) -> tuple[int, bytes]:
    """Send a request, and return status and body of its answer; the status is 0 when the stream was reset.

    With `ends` false the client leaves its half of the stream open.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as one:
        state = H2Connection(H2Configuration(header_encoding="utf-8", validate_outbound_headers=False))
        state.initiate_connection()
        stream = state.get_next_available_stream_id()
        state.send_headers(stream, headers, end_stream=body is None and ends)
        left, status, got = body or b"", 0, b""
        while True:
            while left and (size := min(len(left), state.local_flow_control_window(stream), 16384)):
                state.send_data(stream, left[:size], end_stream=size == len(left) and not trailers and ends)
                left = left[size:]
                if not left and trailers:
                    state.send_headers(stream, trailers, end_stream=True)
            one.sendall(state.data_to_send())
            for event in state.receive_data(one.recv(65536)):
                match event:
                    case ResponseReceived():
                        status = int(next(str(value) for name, value in event.headers if str(name) == ":status"))
                    case DataReceived():
                        got += event.data
                        state.acknowledge_received_data(event.flow_controlled_length, stream)
                    case StreamEnded():
                        return status, got
                    case StreamReset():
                        return status, got
                    case WindowUpdated():
                        pass
