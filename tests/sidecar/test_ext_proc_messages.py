"""Whatever a gateway sends has replies that it takes."""

from __future__ import annotations

from collections.abc import Mapping

from envoy.config.core.v3.base_pb2 import HeaderMap, HeaderValue
from envoy.extensions.filters.http.ext_proc.v3.processing_mode_pb2 import ProcessingMode
from envoy.service.ext_proc.v3 import external_processor_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes_sidecar.exchange import Exchange, Mode, Room
from llmd_routes_sidecar.ext_proc_messages import mode_of, request_of, response_of
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER, is_usable
from llmd_routes_sidecar.request_head import Request

HEADERS = st.sampled_from(
    [":method", ":authority", ":path", "content-type", "content-length", "x-owned-by", "content-encoding", "X-Owned-By"]
)
VALUES = st.sampled_from(["POST", "/v1/x?owned_by=vllm&model=m", "/v1/models", "application/json", "5", ""]) | st.text()
BODIES = st.sampled_from([b'{"model": "m"}', b'{"model": "m", "owned_by": 5}', b"{", b""]) | st.binary()
MODES = st.builds(
    pb.ProtocolConfiguration,
    request_body_mode=st.sampled_from(ProcessingMode.BodySendMode.values()),
    send_body_without_waiting_for_header_response=st.booleans(),
)


def draw(weights: Mapping[str, int]) -> str:
    return max(weights)


def headers_of(pairs: list[tuple[str, str, bool]]) -> HeaderMap:
    """Return headers as Envoy has sent them, and as it does."""
    made = [HeaderValue(key=k, raw_value=v.encode()) if raw else HeaderValue(key=k, value=v) for k, v, raw in pairs]
    return HeaderMap(headers=made)


@given(st.none() | MODES, st.lists(st.tuples(HEADERS, VALUES, st.booleans())), st.lists(BODIES, max_size=4))
def test_any_request(
    said: pb.ProtocolConfiguration | None, pairs: list[tuple[str, str, bool]], bodies: list[bytes]
) -> None:
    mode = mode_of(pb.ProcessingRequest(protocol_config=said))
    request = request_of(headers_of(pairs))
    one = Exchange(Settings(body_limit=50), draw, mode, Room(100))
    replies = list(one.head(request, ended=not bodies))
    for number, body in enumerate(bodies, start=1):
        replies += one.body(body, ended=number == len(bodies))
    one.close()
    assert one.room.free == 100
    for reply in replies:
        response = response_of(reply, request)
        assert pb.ProcessingResponse.FromString(response.SerializeToString()) == response
        for change in response.request_headers.response.header_mutation.set_headers:
            if change.header.key in (MODEL_HEADER, OWNER_HEADER):
                assert is_usable(change.header.raw_value.decode())


def test_how_bodies_come() -> None:
    kinds = ProcessingMode.BodySendMode
    early = {"send_body_without_waiting_for_header_response": True}
    for said, mode in (
        (None, Mode.BUFFERED),
        (pb.ProtocolConfiguration(request_body_mode=kinds.Value("NONE")), Mode.NONE),
        (pb.ProtocolConfiguration(request_body_mode=kinds.Value("BUFFERED")), Mode.BUFFERED),
        (pb.ProtocolConfiguration(request_body_mode=kinds.Value("STREAMED")), Mode.NONE),
        (pb.ProtocolConfiguration(request_body_mode=kinds.Value("STREAMED"), **early), Mode.STREAMED),
        (pb.ProtocolConfiguration(request_body_mode=kinds.Value("FULL_DUPLEX_STREAMED")), Mode.FULL_DUPLEX),
    ):
        assert mode_of(pb.ProcessingRequest(protocol_config=said)) is mode


def test_headers_are_bytes() -> None:
    """However they are told, values stay what they were."""
    told = headers_of([(":path", "/v1/é", False), ("x-owned-by", "é", True)])
    assert request_of(told) == Request("", "", "/v1/\xc3\xa9", (("x-owned-by", "\xc3\xa9"),))
