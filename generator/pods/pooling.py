"""Find engines that compute embeddings or scores instead of text, by their options. Pure, no I/O.

Source: the request parser of https://github.com/kubernetes-sigs/gateway-api-inference-extension at v1.5.0, which takes
every path that it does not know for completions.
"""

from __future__ import annotations

from llmd_routes.notices import Remark

from .arguments import Arguments
from .engines.engine import Engine


def pooling_remarks(arguments: Arguments, engine: Engine | None) -> tuple[Remark, ...]:
    """Return a remark if an engine's options make it serve embeddings or scores only."""
    given = (word for word in (engine.pooling_options if engine else ()) if _is_given(arguments, word))
    if (word := next(given, None)) is None:
        return ()
    fact = f"--{word} makes the engine answer only requests for embeddings or scores"
    fix = "use /v1/embeddings; endpoint pickers up to v1.5 answer 400 to paths such as /rerank and /score"
    return (("no-generation", fact, fix),)


def _is_given(arguments: Arguments, word: str) -> bool:
    name, _, value = word.partition(" ")
    return arguments.last(name) == value if value else arguments.has(name)
