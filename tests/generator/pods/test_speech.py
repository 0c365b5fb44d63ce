"""Models for speech by their names."""

from __future__ import annotations

import pytest

from llmd_routes.pods.speech import is_for_speech


@pytest.mark.parametrize(
    "model",
    [
        "openai/whisper-large-v3",
        "openai/whisper-large-v3-turbo",
        "mistralai/Voxtral-Mini-3B-2507",
        "nvidia/parakeet-tdt-0.6b-v3",
        "ibm-granite/granite-speech-3.3-8b",
        "Qwen/Qwen3-ASR-1.7B",
        "whisper",
    ],
)
def test_models_for_speech(model: str) -> None:
    assert is_for_speech(model)


@pytest.mark.parametrize(
    "model", ["Qwen/Qwen2.5-0.5B-Instruct", "org/whisperer", "canaryl", "laser", "basra/model", ""]
)
def test_other_models(model: str) -> None:
    assert not is_for_speech(model)
