"""Owner keys and model names as requests are matched by them. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

MODEL_HEADER: Final = "x-gateway-model-name"
OWNER_HEADER: Final = "x-owned-by"
# The owner key of requests that name no engine, and that of those whose engine cannot be read; no ModelService may
# claim either.
DEFAULT_OWNER: Final = "default"
INVALID_OWNER: Final = "invalid"
RESERVED: Final = (DEFAULT_OWNER, INVALID_OWNER)
# The model of requests whose body names a model that no route can match; no ModelService may serve it.
INVALID_MODEL: Final = "invalid"
# Names under which engines are known elsewhere.
ALIASES: Final[Mapping[str, str]] = {
    "trtllm": "tensorrt_llm",
    "trtllm-serve": "tensorrt_llm",
    "tensorrt-llm": "tensorrt_llm",
    "llama.cpp": "llamacpp",
    "llama-cpp": "llamacpp",
    # As llm-d's label llm-d.ai/engine-type has it.
    "triton-tensorrt-llm": "triton",
}
ASCII_WHITESPACE: Final = " \t\n\r\f\v"
LONGEST: Final = 512
# Flux replaces what begins so in the manifests that it applies.
_REPLACED: Final = "${"
# Printable ASCII with single inner spaces: what a header can be matched by (HTTPHeaderMatch, experimental channel).
_USABLE: Final = re.compile(r"[!-~]+(?: [!-~]+)*")


def normalise(value: str) -> str:
    """Return an owner key as requests are matched by it: trimmed of ASCII whitespace, lower-case, aliases folded."""
    key = value.strip(ASCII_WHITESPACE)
    # Beyond ASCII there are letters whose lower case is within it (the Kelvin sign), and no key.
    key = key.lower() if key.isascii() else key
    return ALIASES.get(key, key)


def is_usable(value: str) -> bool:
    """Return whether a value can stand in a header and be matched there: at most 512 bytes of printable ASCII."""
    return len(value) <= LONGEST and _USABLE.fullmatch(value) is not None


def is_owner(key: str) -> bool:
    """Return whether an owner key can have a route: a request can name it, in a header with one value."""
    return is_usable(key) and "," not in key and key not in RESERVED and _REPLACED not in key


def is_routable(model: str) -> bool:
    """Return whether a served model can have a route: its name is usable, not reserved, and can stand in manifests."""
    return is_usable(model) and model != INVALID_MODEL and _REPLACED not in model
