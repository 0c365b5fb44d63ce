"""How an implementation of the Gateway API chooses among the matches of HTTPRoutes. Frozen, no I/O."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Precedence:
    """What differs from HTTPRouteRule.matches, where implementations may differ.

    `path_kinds` are the types of paths, the strongest first. If `hosts_exclude`, a route whose host name is less
    specific than that of another route gets no request for that host, even if no rule of the other route matches.
    With `method_is_header`, a method counts as one more header. With `prefers_exact`, exact values of headers and
    parameters take precedence over patterns where their numbers are equal. With `counts_slash`, the slash at the end of
    a prefix counts as a character of its length. With `in_order`, the first match wins.

    Spec: https://gateway-api.sigs.k8s.io/reference/spec/, HTTPRouteRule
    """

    path_kinds: tuple[str, ...] = ("Exact", "PathPrefix", "RegularExpression")
    hosts_exclude: bool = False
    method_is_header: bool = False
    prefers_exact: bool = False
    counts_slash: bool = False
    in_order: bool = False
