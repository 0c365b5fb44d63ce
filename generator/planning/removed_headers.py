"""Find existing routes whose clients lose a header, because the Gateway removes it where bodies are read. Pure, no I/O.

The header of a client must not select a route that the body does not name. A Gateway removes it before it knows the
path, so it is missing on the paths of other routes too, such as those of KServe.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Object, items, text, texts
from llmd_routes.model.gateways import Route
from llmd_routes.notices import Notice
from llmd_routes_sidecar.extraction import is_below


def removed_headers(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each existing route that matches a removed header outside of the planned paths and hosts.

    Where another reader of bodies runs on the Gateway, it may set the header again, and another notice reports it.
    """
    if draft.carrier.kind == "none":
        return
    for one in draft.route_set.attachments:
        implementation = by_name(one.implementation)
        removed = implementation.removes
        readers = implementation.body_readers(one, draft.policies) if removed else ()
        if not removed or any(reader.service or reader.headers & set(removed) for reader in readers):
            continue
        on_any_listener = replace(one, section=None, listener=None)
        for route in draft.foreign:
            affected = next(_affected(route, removed, draft), None) if on_any_listener.takes(route) else None
            if affected:
                number, header = affected
                fact = f"rule {number + 1} matches {header}, which {one.ref} removes from the requests of clients"
                fix = "attach it to another Gateway, or pass --body-to-header none"
                yield Notice("header-removed", str(route.ref), fact, fix)


def _affected(route: Route, removed: tuple[str, ...], draft: Draft) -> Iterator[tuple[int, str]]:
    """Yield the number of each rule that needs a removed header, and the header."""
    ours = set(draft.route_set.hostnames)
    theirs = set(texts(route.spec, "hostnames"))
    is_ours = not ours or (bool(theirs) and theirs <= ours)
    for number, rule in enumerate(items(route.spec, "rules")):
        for match in items(rule, "matches"):
            names = [(text(header, "name") or "").lower() for header in items(match, "headers")]
            needed = [name for name in names if name in removed]
            if needed and not (is_ours and _is_read(match, draft.route_set.prefixes)):
                yield number, needed[0]
                break


def _is_read(match: Object, prefixes: tuple[str, ...]) -> bool:
    """Return whether the bodies of all requests of a match are read."""
    if text(match, "path", "type") == "RegularExpression":
        return False
    path = text(match, "path", "value") or "/"
    return any(is_below(path, prefix) for prefix in prefixes)
