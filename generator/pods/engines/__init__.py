"""The engines: how each is recognised, and its defaults. One file each; data, no I/O.

To add one, write its file and add it to ENGINES. Sources: the container images and the command line help of each
engine; `llm-d.ai/engine-type` values of llm-d-router. A command beats an image: llm-d's own images carry vLLM and can
be made to run SGLang.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from llmd_routes.pods.images import repository_of
from llmd_routes_sidecar.owners import normalise

from .engine import Engine
from .llamacpp import LLAMACPP
from .others import LMDEPLOY, NIM, TRITON
from .programs import base, find
from .sglang import MINI_SGLANG, SGLANG
from .tensorrt_llm import TENSORRT_LLM
from .tgi import TGI
from .vllm import SIMULATOR, VLLM

# The first engine that recognizes a program or an image wins.
ENGINES: Final[tuple[Engine, ...]] = (
    SIMULATOR,
    VLLM,
    MINI_SGLANG,
    SGLANG,
    TENSORRT_LLM,
    TGI,
    LLAMACPP,
    TRITON,
    LMDEPLOY,
    NIM,
)
# Reads the arguments of a server whose engine is unknown.
USUAL: Final = VLLM

# Words after which an engine's name is only part of a text.
_SPEAKERS = frozenset(
    ("echo", "printf", "grep", "pgrep", "pkill", "killall", "which", "type", "awk", "sed", "cat", "pip")
)
# Words in names of images that accompany an engine but do not contain it.
_BESIDE = frozenset(
    "agent bench benchmark benchmarks builder cache ci client controller converter dashboard downloader exporter"
    " gateway init kv lmcache loader manager metrics operator production proxy render router scheduler sidecar stack"
    " test tests tokenizer tool tools ui webui".split()
)


def known(value: str | None) -> str | None:
    """Return the engine of a label value, or None for unknown values."""
    key = normalise(value or "")
    return key if any(engine.name == key for engine in ENGINES) else None


def by_name(name: str) -> Engine:
    """Return the engine that reads the arguments of a named engine; a name never means a simulator."""
    return next(engine for engine in ENGINES if engine.name == name and not engine.simulator)


def is_strict(name: str | None) -> bool:
    """Return whether an engine rejects requests with unknown fields."""
    return any(engine.strict for engine in ENGINES if engine.name == name)


def health_path_of(name: str | None) -> str:
    """Return the path at which an engine answers 200 while it serves; that of an unknown engine is the usual one."""
    return (named(name) or USUAL).health_path


def by_command(words: Sequence[str]) -> tuple[Engine, list[str]] | None:
    """Return the engine that a simple command starts and the words after the program, or None."""
    if not words or base(words[0]) in _SPEAKERS:
        return None
    for engine in ENGINES:
        for program in engine.programs:
            start = find(words, program)
            if start is not None:
                return engine, list(words[start + len(program) :])
    return None


def served_by_unknown(words: Sequence[str]) -> list[str] | None:
    """Return the words after `PROGRAM serve` of an unknown program, or None."""
    is_such = len(words) > 2 and words[1] == "serve" and not words[0].startswith("-") and by_command(words) is None
    return list(words[2:]) if is_such else None


def by_image(image: str) -> Engine | None:
    """Return the engine that an image's repository contains, or None.

    Vendors include the engine in the names of their builds (`pytorch-vllm-serve`), but also in the names of companion
    images.
    """
    repository = repository_of(image)
    exact = next((e for e in ENGINES for pattern in e.images if re.search(pattern, repository)), None)
    words = set(re.split(r"[-_.]", repository.rpartition("/")[2].lower()))
    if words & _BESIDE:
        return None if exact is None or exact.image_words else exact
    return exact or next((engine for engine in ENGINES if words & {*engine.image_words}), None)


def by_container_name(name: str) -> Engine | None:
    """Return the engine in a container's name, or None."""
    return next((e for e in ENGINES if name in e.container_names), None)


def named(name: str | None) -> Engine | None:
    """Return the engine with this name, or None."""
    return next((engine for engine in ENGINES if engine.name == name and not engine.simulator), None)


def by_rank() -> list[str]:
    """Return the names of engines in the order of preference for a default engine."""
    ranks = {engine.name: engine.rank for engine in ENGINES if engine.rank is not None}
    return sorted(ranks, key=lambda name: ranks[name])
