"""Rewrite path prefixes that no engine serves, such as /openai/v1, to the engines' own /v1. Pure, no I/O.

A rule that replaces a prefix has exactly one match, so every match of such a prefix needs a rule of its own:
HTTPRouteRule.filters, https://gateway-api.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from llmd_routes.model.options import Options
from llmd_routes.model.plan import Rule
from llmd_routes.notices import Notice
from llmd_routes.pods.engines import ENGINES

_OWN: Final = "/v1"


def plan_rewrites(options: Options) -> dict[str, str]:
    """Map each rewritten prefix to the path that engines serve; empty with `--keep-path`."""
    if options.keep_path:
        return {}
    rewrites = {prefix: _served_path(prefix) for prefix in options.path_prefixes}
    return {prefix: served for prefix, served in rewrites.items() if served not in (None, prefix)}


def rewrite_rules(rules: Iterable[Rule], rewrites: Mapping[str, str]) -> Iterator[Rule]:
    """Yield the rules in order; each match of a rewritten prefix becomes a rule of its own, after the others."""
    for rule in rules:
        kept = tuple(match for match in rule.matches if match.path not in rewrites)
        if kept:
            yield replace(rule, matches=kept)
        for match in rule.matches:
            if match.path in rewrites:
                yield replace(rule, matches=(match,), rewrite=rewrites[match.path])


def unserved_prefixes(prefixes: Iterable[str]) -> Iterator[Notice]:
    """Yield a warning for each prefix without /v1 below which no known engine serves a path."""
    for prefix in prefixes:
        if prefix != "/" and _served_path(prefix) is None:
            fact = f"engines serve /v1, and answer 404 to requests under {prefix}"
            yield Notice(
                "path-prefix", f"--path-prefix {prefix}", fact, f"--path-prefix {prefix}/v1, which is rewritten to /v1"
            )


def _served_path(prefix: str) -> str | None:
    """Return the path that engines serve for a prefix, or None."""
    if any(f"{prefix}/".startswith(f"{path}/") for engine in ENGINES for path in (_OWN, *engine.paths)):
        return prefix
    _, own, below = f"{prefix}/".partition(f"{_OWN}/")
    return f"{_OWN}/{below}".rstrip("/") if own else None
