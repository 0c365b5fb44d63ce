"""Owner keys and model names as requests are matched by them. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

MODEL_HEADER: Final = "x-gateway-model-name"
OWNER_HEADER: Final = "x-owned-by"
# The owner key of requests without an engine, and of requests whose engine is unreadable; no ModelService may use
# either.
DEFAULT_OWNER: Final = "default"
INVALID_OWNER: Final = "invalid"
RESERVED: Final = (DEFAULT_OWNER, INVALID_OWNER)
# The model of requests whose body contains a model that no route can match; no ModelService may serve it.
INVALID_MODEL: Final = "invalid"
# Other spellings of engine names.
ALIASES: Final[Mapping[str, str]] = {
    "trtllm": "tensorrt_llm",
    "trtllm-serve": "tensorrt_llm",
    "tensorrt-llm": "tensorrt_llm",
    "llama.cpp": "llamacpp",
    "llama-cpp": "llamacpp",
    # The spelling in llm-d's label llm-d.ai/engine-type.
    "triton-tensorrt-llm": "triton",
}
ASCII_WHITESPACE: Final = " \t\n\r\f\v"
LONGEST: Final = 512
# Flux substitutes text with this prefix in the manifests that it applies.
_REPLACED: Final = "${"
# Printable ASCII with single inner spaces: the values that a header match accepts (HTTPHeaderMatch, experimental
# channel).
_USABLE: Final = re.compile(r"[!-~]+(?: [!-~]+)*")


def normalise(value: str) -> str:
    """Return the canonical owner key: trimmed of ASCII white space, lower-case, aliases replaced."""
    key = value.strip(ASCII_WHITESPACE)
    # Some letters beyond ASCII have an ASCII lower case (the Kelvin sign), and are invalid in a key.
    key = key.lower() if key.isascii() else key
    return ALIASES.get(key, key)


def is_usable(value: str) -> bool:
    """Return whether a header match supports a value: at most 512 bytes of printable ASCII."""
    return len(value) <= LONGEST and _USABLE.fullmatch(value) is not None


def is_owner(key: str) -> bool:
    """Return whether an owner key is routable: a request can contain it as the single value of a header."""
    return is_usable(key) and "," not in key and key not in RESERVED and _REPLACED not in key


def is_routable(model: str) -> bool:
    """Return whether a served model is routable: its name is usable, not reserved, and safe in manifests."""
    return is_usable(model) and model != INVALID_MODEL and _REPLACED not in model
