"""The end of a running service: SIGTERM or SIGINT. I/O."""

from __future__ import annotations

import asyncio
import os
import signal

from .signals import INTERRUPTED


class Stop:
    """Receives SIGTERM and SIGINT for the running event loop; a second SIGINT ends the process at once."""

    def __init__(self) -> None:
        self._received = asyncio.Event()
        self._interrupted = False
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._received.set)
        if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
            loop.add_signal_handler(signal.SIGINT, self._interrupt)

    async def wait(self) -> None:
        """Wait for a signal."""
        await self._received.wait()

    def raise_if_interrupted(self) -> None:
        """Raise KeyboardInterrupt if the signal was SIGINT."""
        if self._interrupted:
            raise KeyboardInterrupt

    def _interrupt(self) -> None:
        if self._interrupted:
            os._exit(INTERRUPTED)
        self._interrupted = True
        self._received.set()
