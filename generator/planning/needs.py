"""Options that have no effect without something else: what each of them needs, and the error if it is missing. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, Literal, NamedTuple

from llmd_routes.model.options import Options

Need = Literal[
    "picker",
    "reading",
    "processor",
    "server",
    "pods",
    "token",
    "keys",
    "answers",
    "rewriting",
    "pools",
    "gateway",
    "proxies",
]
# Why an option has no effect if its requirement is not met, and the fix.
FACTS: Final[Mapping[Need, str]] = {
    "picker": "applies only to endpoint pickers that llmd-routes deploys; pass --epp deploy, or remove the option",
    "reading": "has no effect, because llmd-routes reads no request bodies {reason}; remove the option",
    "processor": "applies only to an external service; pass --body-to-header external, or remove the option",
    "server": "applies only to an emitted models server; pass --image IMAGE, or remove the option",
    "pods": "has no effect, because no pods are emitted; pass --image IMAGE, or remove the option",
    "token": "applies only to operators with a token; pass --admin-token-secret, or remove the option",
    "keys": "applies only to API keys; pass --engine-key-secret, or remove the option",
    "answers": "has no effect, because no catch-all rule is emitted; remove the option",
    "rewriting": "has no effect, because no path prefix is rewritten; remove the option",
    "gateway": "applies only to Gateways; remove the option",
    "proxies": "applies only to an Envoy that llmd-routes emits; pass --implementation envoy, or remove the option",
    "pools": "applies only to InferencePools, and the routes reference Services; remove the option",
}


class Row(NamedTuple):
    """An option and its needs; only the first unmet need is reported."""

    name: str
    option: str
    needs: tuple[Need, ...]


NEEDS: Final = (
    Row("pool_api", "--pool-api", ("pools",)),
    Row("epp", "--epp", ("pools",)),
    Row("take_over", "--adopt-pools", ("pools",)),
    Row("epp_config", "--epp-config", ("picker",)),
    Row("epp_preset", "--epp-config", ("picker",)),
    Row("epp_image", "--epp-image", ("picker",)),
    Row("envoy_image", "--envoy-image", ("proxies",)),
    Row("layout", "--layout", ("gateway",)),
    Row("listener", "--listener", ("gateway",)),
    Row("body_limit", "--buffer-limit", ("reading",)),
    Row("held_limit", "--held-limit", ("reading", "processor")),
    Row("extract_after_auth", "--extract-after-auth", ("gateway", "reading")),
    Row("keep_query", "--keep-query", ("reading",)),
    Row("strip_engine_fields", "--strip-engine-fields", ("reading",)),
    Row("admin_token_secret", "--admin-token-secret", ("server",)),
    Row("admin_settings", "--admin-settings", ("server", "token")),
    Row("cors_origins", "--cors-origin", ("server",)),
    Row("metrics_namespaces", "--metrics-namespace", ("pods",)),
    Row("engine_ca_secret", "--engine-ca-secret", ("server",)),
    Row("engine_skip_verify", "--engine-skip-verify", ("server",)),
    Row("engine_key_secrets", "--engine-key-secret", ("server",)),
    Row("engine_key_plain", "--engine-key-plain", ("server", "keys")),
    Row("no_catch_all", "--no-catch-all", ("gateway", "answers")),
    Row("keep_path", "--keep-path", ("rewriting",)),
)
# Values that never have an effect, in addition to empty values.
_IDLE: Final = ("auto", "never", "reuse", "packed")


def unmet(options: Options, met: Mapping[Need, bool], reason: str) -> Iterator[str]:
    """Yield an error for each option that has no effect, in the order of the table.

    `met` maps needs to whether they are met; a missing need counts as met. `reason` says why bodies are not read.
    """
    for row in NEEDS:
        value = getattr(options, row.name)
        missing = [need for need in row.needs if not met.get(need, True)]
        if value and value not in _IDLE and missing:
            yield f"{row.option}: {FACTS[missing[0]].format(reason=reason)}"
