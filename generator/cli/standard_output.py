"""Standard output that cannot be written: full, or closed by the shell (`>&-`)."""

from __future__ import annotations

import errno
import io
import os
from typing import Final

# Reasons why a write to an open stream fails.
UNWRITABLE: Final = frozenset((errno.ENOSPC, errno.EIO, errno.EBADF, errno.EFBIG, errno.EDQUOT, errno.EAGAIN))


class ClosedOutput(io.StringIO):
    """Replaces a closed stdout, which Python represents as None: each write raises OSError."""

    def write(self, text: str, /) -> int:
        """Raise OSError unless there is nothing to write."""
        if text:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return 0
