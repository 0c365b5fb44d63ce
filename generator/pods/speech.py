"""Recognise models that transcribe speech, by their names. Pure, no I/O.

Source: the supported models of vLLM (transcription), https://docs.vllm.ai/en/latest/models/supported_models.html
"""

from __future__ import annotations

import re
from typing import Final

_SPEECH: Final = re.compile(
    r"(^|[^a-z])(whisper|voxtral|parakeet|canary|granite-speech|firered-?asr|fun-?asr|[a-z0-9]*-asr|asr)([^a-z]|$)"
)


def is_for_speech(model: str) -> bool:
    """Return whether clients send audio to a model, as its name shows; they send it as a form."""
    return bool(_SPEECH.search(model.lower()))
