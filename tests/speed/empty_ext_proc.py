"""`python -m tests.speed.empty_ext_proc PORT`: what grpc.aio alone costs: it holds a body, and passes it on unread."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import grpc
from envoy.service.ext_proc.v3 import external_processor_pb2 as pb
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as pb_grpc

from llmd_routes_sidecar.exchange import MOST_IN_CHUNK


class Empty(pb_grpc.ExternalProcessorServicer):  # type: ignore[misc]
    """Answers in as many messages as the sidecar does."""

    async def Process(self, _: Any, context: Any) -> None:
        """Answer what comes of one request."""
        await context.read()
        held = bytearray()
        while (message := await context.read()) is not grpc.aio.EOF:
            held += message.request_body.body
            if message.request_body.end_of_stream:
                break
        await context.write(pb.ProcessingResponse(request_headers=pb.HeadersResponse()))
        for start in range(0, len(held), MOST_IN_CHUNK):
            data, ended = bytes(held[start : start + MOST_IN_CHUNK]), start + MOST_IN_CHUNK >= len(held)
            passed = pb.StreamedBodyResponse(body=data, end_of_stream=ended)
            common = pb.CommonResponse(body_mutation=pb.BodyMutation(streamed_response=passed))
            await context.write(pb.ProcessingResponse(request_body=pb.BodyResponse(response=common)))
        # As the sidecar, which says why.
        await asyncio.sleep(1)


async def main(port: int) -> None:
    """Serve until the process is ended."""
    server = grpc.aio.server()
    pb_grpc.add_ExternalProcessorServicer_to_server(Empty(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
