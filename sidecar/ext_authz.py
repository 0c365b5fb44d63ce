"""Answer a gateway that asks over HTTP whether a request may pass: with the headers that routes match. Pure, no I/O.

In: the request as the client sent it, with its body. Out: status 200 with both headers, or the refusal for the client.
Spec: Envoy's extensions.filters.http.ext_authz.v3.HttpService
"""

from __future__ import annotations

from typing import Final, NamedTuple

from .answers import Answer, error, refusal
from .bodies import Body
from .extraction import READ_HEADERS, Decision, Draw, Refusal, Settings, decide, reads_body
from .owners import MODEL_HEADER, OWNER_HEADER
from .request_head import Request

# The path without the parameters that were read, if there were any: for gateways that can pass on another path.
PATH_HEADER: Final = "x-llmd-routes-path"
# Envoy sets the first if it sent only a part of the body, and removes the headers that the second names.
_PARTIAL: Final = "x-envoy-auth-partial-body"
_REMOVED: Final = "x-envoy-auth-headers-to-remove"
# The headers that a verdict depends on, besides the host.
READ: Final = frozenset(name.encode() for name in (*READ_HEADERS, _PARTIAL, "content-length", "connection", "upgrade"))


class Verdict(NamedTuple):
    """The response to the gateway; `outcome` is what became of the request, for metrics."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    outcome: str


def judge(request: Request, body: Body, settings: Settings, draw: Draw) -> Verdict:
    """Return the verdict on a request with its whole body; without a body it is empty.

    A gateway that cannot remove a header gets an empty value: both headers are always set for requests of the routes,
    because some gateways pass on the client's header otherwise.
    """
    if "true" in request.values(_PARTIAL) and reads_body(request, settings):
        return _refused(Refusal.TOO_LARGE, settings)
    decision = decide(request, settings, draw, body)
    if decision.refusal:
        return _refused(decision.refusal, settings)
    return _passed(decision, request)


def busy() -> Verdict:
    """Return the verdict that no more bodies can be buffered now; a retry may succeed."""
    return _from_answer(error(503, "Too many requests are being read; try again.", None, "busy"), "busy")


def too_long(settings: Settings) -> Verdict:
    """Return the verdict on a body above the limit."""
    return _refused(Refusal.TOO_LARGE, settings)


def failed() -> Verdict:
    """Return the verdict on a request that failed because of an error in the service."""
    return _from_answer(error(500, "The request could not be read.", None, "internal_error"), "failed")


def _passed(decision: Decision, request: Request) -> Verdict:
    values = {MODEL_HEADER: decision.model}
    if not decision.keeps_owner:
        values[OWNER_HEADER] = decision.owner
    headers = [(name, value or "") for name, value in values.items()]
    removed = [name for name, value in values.items() if value is None]
    if removed:
        headers.append((_REMOVED, ", ".join(removed)))
    if decision.path != request.path:
        headers.append((PATH_HEADER, decision.path))
    outcome = "not_ours" if decision.keeps_owner else "no_model" if decision.model is None else "model"
    return Verdict(200, tuple(headers), "", outcome)


def _refused(reason: Refusal, settings: Settings) -> Verdict:
    return _from_answer(refusal(reason, settings), "too_large" if reason is Refusal.TOO_LARGE else "refused")


def _from_answer(answer: Answer, outcome: str) -> Verdict:
    headers = [("content-type", "application/json")]
    headers += [("retry-after", "1")] if answer.status == 503 else []
    return Verdict(answer.status, tuple(headers), answer.body, outcome)
