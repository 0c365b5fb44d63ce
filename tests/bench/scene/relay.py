"""`python -m tests.bench.scene.relay FROM TO [FROM TO ...]`: passes connections on, byte for byte.

Each place is HOST:PORT or the path of a Unix socket. A Unix socket is found in every network namespace, so two relays
lead from an address of one namespace to an address of another.
"""

from __future__ import annotations

import asyncio
import sys

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]
_BLOCK = 65536
_COPYING: set[asyncio.Future[tuple[None, None]]] = set()


async def main(places: list[str]) -> None:
    """Pass connections on until the process is ended."""
    servers = [await _listen(place, target) for place, target in zip(places[::2], places[1::2], strict=True)]
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _listen(place: str, target: str) -> asyncio.Server:
    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await pass_on((reader, writer), target):
            writer.close()

    if "/" in place:
        return await asyncio.start_unix_server(accept, place)
    host, _, port = place.rpartition(":")
    return await asyncio.start_server(accept, host, int(port))


async def pass_on(stream: Stream, target: str) -> bool:
    """Pass a connection on until both sides have ended it; return False at once if the target refuses it."""
    reader, writer = stream
    try:
        inner, outer = await _connect(target)
    except OSError:
        return False
    copying = asyncio.gather(_copy(reader, outer), _copy(inner, writer))
    # asyncio has weak references only, and a connection that waits would be collected with its tasks.
    _COPYING.add(copying)
    try:
        await copying
    finally:
        _COPYING.discard(copying)
    for end in (outer, writer):
        end.close()
    return True


async def _connect(target: str) -> Stream:
    if "/" in target:
        return await asyncio.open_unix_connection(target)
    host, _, port = target.rpartition(":")
    return await asyncio.open_connection(host, int(port))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
        writer.write_eof()  # the other direction may go on
    except OSError:
        writer.close()  # which ends the other direction too


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
