"""Plan how the models server accesses engines: certificates and API keys in Secrets. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.model.endpoint import SecretKey
from llmd_routes.model.options import Options
from llmd_routes_sidecar.catalog import Access


def access_to(owner: str, scheme: str, options: Options) -> Access | None:
    """Return how the models server queries the engines of an owner; None for the defaults."""
    ca = options.engine_ca_secret if scheme == "https" else None
    key = options.engine_key_secrets.get(owner) or options.engine_key_secrets.get("")
    if not key and (scheme != "https" or not (ca or options.engine_skip_verify)):
        return None
    return Access(
        ca=ca.file if ca else None,
        verify=not options.engine_skip_verify,
        api_key=key.file if key else None,
        plain_key=options.engine_key_plain,
    )


def mounted(options: Options) -> tuple[SecretKey, ...]:
    """Return the Secrets that the models server needs to query engines, sorted."""
    secrets = {*options.engine_key_secrets.values(), *([options.engine_ca_secret] if options.engine_ca_secret else [])}
    return tuple(sorted(secrets))


def access_problems(options: Options) -> Iterator[str]:
    """Yield an error for each pair of contradictory options about engines."""
    if options.engine_ca_secret and options.engine_skip_verify:
        yield "--engine-skip-verify and --engine-ca-secret: mutually exclusive; remove one of them"
