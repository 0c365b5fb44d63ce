"""Split the command line of curl into its options and URLs. Pure.

Source: https://curl.se/docs/manpage.html
"""

from __future__ import annotations

import getopt
import posixpath
import re
import shlex
from collections.abc import Sequence
from typing import Final

from llmd_routes.errors import InputError

# The short names of options that change a request.
_NAMES: Final = {
    **{"X": "request", "H": "header", "d": "data", "F": "form", "A": "user-agent", "u": "user", "b": "cookie"},
    **{"e": "referer", "G": "get", "I": "head", "K": "config", "data-ascii": "data"},
}
# Short options with a value, and without.
_SHORT: Final = "X:H:d:F:A:u:b:e:GI" + "sSvifNkLgnqO#01246" + "o:w:m:x:c:E:r:K:D:"
_LONG_WITH_VALUE: Final = (
    *("request", "header", "data", "data-ascii", "data-raw", "data-binary", "json", "form", "url", "user-agent"),
    *("user", "cookie", "referer", "output", "write-out", "max-time", "connect-timeout", "resolve", "connect-to"),
    *("retry", "retry-delay", "retry-max-time", "proxy", "cacert", "cert", "key", "interface", "dump-header", "config"),
)
_LONG: Final = (
    *("get", "head", "silent", "show-error", "verbose", "include", "fail", "fail-with-body", "no-buffer", "insecure"),
    *("location", "compressed", "http1.0", "http1.1", "http2", "http2-prior-knowledge", "ipv4", "ipv6", "globoff"),
    *("no-progress-meter", "progress-bar", "retry-all-errors", "retry-connrefused", "path-as-is"),
)
_ANSI_C: Final = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_CHARACTERS: Final = {"n": "\n", "t": "\t", "r": "\r"}


def words_of(command: str) -> list[str]:
    """Return the words after `curl` of a command as a shell splits it. Raises InputError if quotes are not closed."""
    plain = _ANSI_C.sub(lambda found: shlex.quote(_unescaped(found[1])), command.replace("\\\r\n", " "))
    try:
        words = shlex.split(plain.replace("\\\n", " "))
    except ValueError as error:
        raise InputError(f"--curl: {str(error).lower()}; quote the whole command once more") from None
    start = next((number for number, word in enumerate(words) if posixpath.basename(word) == "curl"), -1)
    return words[start + 1 :]


def split_options(words: Sequence[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """Return the options by their long names with their values, in order, and the URLs.

    Raises InputError for an option that curl does not have, or that is not supported.
    """
    try:
        options, urls = getopt.gnu_getopt(list(words), _SHORT, [*(f"{name}=" for name in _LONG_WITH_VALUE), *_LONG])
    except getopt.GetoptError as error:
        raise InputError(f"curl: {error.msg}; remove what does not change the request") from None
    named = [(_NAMES.get(name.lstrip("-"), name.lstrip("-")), value) for name, value in options]
    config = next((value for name, value in named if name == "config"), None)
    if config is not None:
        raise InputError(f"curl: -K {config}: not supported; pass the options of the file themselves")
    return named, urls


def _unescaped(text: str) -> str:
    """Return the text of a string in ANSI-C quotes."""
    return re.sub(r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{1,4}|.)", _character, text, flags=re.DOTALL)


def _character(found: re.Match[str]) -> str:
    escape = found[1]
    if escape[0] in "xu" and len(escape) > 1:
        return chr(int(escape[1:], 16))
    return _CHARACTERS.get(escape, escape)
