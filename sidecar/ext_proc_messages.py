"""Translate between Envoy's messages and the values of `exchange`. Pure, no I/O.

Spec: https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/ext_proc/v3/external_processor.proto
"""

from __future__ import annotations

from typing import Final

from envoy.config.core.v3.base_pb2 import HeaderMap, HeaderValue, HeaderValueOption
from envoy.extensions.filters.http.ext_proc.v3.processing_mode_pb2 import ProcessingMode
from envoy.service.ext_proc.v3 import external_processor_pb2 as pb
from envoy.type.v3.http_status_pb2 import HttpStatus

from .answers import Answer
from .exchange import Chunk, Head, Mode, Piece, Reply, Trailers
from .extraction import Decision
from .owners import MODEL_HEADER, OWNER_HEADER
from .request_head import Request

_PSEUDO: Final = (":method", ":authority", ":path")
_OVERWRITE: Final = HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD
# A gateway that does not announce its body mode is older than full-duplex streaming.
_UNSAID: Final = Mode.BUFFERED


def mode_of(message: pb.ProcessingRequest) -> Mode:
    """Return how bodies will arrive, according to the first message of a request."""
    if not message.HasField("protocol_config"):
        return _UNSAID
    said = message.protocol_config
    if said.request_body_mode == ProcessingMode.FULL_DUPLEX_STREAMED:
        return Mode.FULL_DUPLEX
    if said.request_body_mode in (ProcessingMode.BUFFERED, ProcessingMode.BUFFERED_PARTIAL):
        return Mode.BUFFERED
    # Without this field Envoy sends no chunk of a body before it receives the reply to the headers.
    early = said.send_body_without_waiting_for_header_response
    return Mode.STREAMED if said.request_body_mode == ProcessingMode.STREAMED and early else Mode.NONE


def request_of(headers: HeaderMap) -> Request:
    """Return the headers of a request."""
    values = [(one.key, (one.raw_value or one.value.encode()).decode("latin-1")) for one in headers.headers]
    named = dict(values)
    method, host, path = (named.get(each, "") for each in _PSEUDO)
    return Request(method, host, path, tuple(each for each in values if each[0][:1] != ":"))


def response_of(reply: Reply, request: Request) -> pb.ProcessingResponse:
    """Return the message for a reply to a request."""
    if isinstance(reply, Answer):
        return pb.ProcessingResponse(immediate_response=_immediate(reply))
    if isinstance(reply, Head):
        headers = pb.HeadersResponse(response=_changed(reply.decision, request))
        override = ProcessingMode(request_body_mode=ProcessingMode.NONE) if reply.skip_body else None
        return pb.ProcessingResponse(request_headers=headers, mode_override=override)
    if isinstance(reply, Piece):
        response = _changed(reply.decision, request)
        if reply.data is not None:
            response.body_mutation.body = reply.data
        return pb.ProcessingResponse(request_body=pb.BodyResponse(response=response))
    if isinstance(reply, Chunk):
        passed = pb.StreamedBodyResponse(body=reply.data, end_of_stream=reply.end)
        changed = pb.CommonResponse(body_mutation=pb.BodyMutation(streamed_response=passed))
        return pb.ProcessingResponse(request_body=pb.BodyResponse(response=changed))
    assert isinstance(reply, Trailers)
    return pb.ProcessingResponse(request_trailers=pb.TrailersResponse())


def _changed(decision: Decision | None, request: Request) -> pb.CommonResponse:
    """Return the changes of the headers; without changes the route is not selected again."""
    if decision is None:
        return pb.CommonResponse()
    mutation = pb.HeaderMutation()
    wanted = {MODEL_HEADER: decision.model}
    wanted |= {} if decision.keeps_owner else {OWNER_HEADER: decision.owner}
    for name, value in wanted.items():
        if value is not None:
            mutation.set_headers.append(_set(name, value))
        elif request.values(name):
            mutation.remove_headers.append(name)
    if decision.path != request.path:
        mutation.set_headers.append(_set(":path", decision.path))
    if not mutation.set_headers and not mutation.remove_headers:
        return pb.CommonResponse()
    return pb.CommonResponse(header_mutation=mutation, clear_route_cache=True)


def _set(name: str, value: str) -> HeaderValueOption:
    header = HeaderValue(key=name, raw_value=value.encode("latin-1"))
    return HeaderValueOption(header=header, append_action=_OVERWRITE)


def _immediate(answer: Answer) -> pb.ImmediateResponse:
    headers = [_set("content-type", "application/json")]
    headers += [_set("retry-after", "1")] if answer.status == 503 else []
    return pb.ImmediateResponse(
        status=HttpStatus(code=answer.status),
        headers=pb.HeaderMutation(set_headers=headers),
        body=answer.body.encode(),
        details="llmd-routes",
    )
