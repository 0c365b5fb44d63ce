"""How the server for models asks engines: certificates and API keys, which are in Secrets beside it. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from llmd_routes.model.endpoint import SecretKey
from llmd_routes.model.options import Options
from llmd_routes_sidecar.catalog import Access

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_CERTIFICATES: Final = "ca.crt"
_API_KEY: Final = "api-key"
_TOKEN: Final = "token"


def admin_token(options: Options) -> SecretKey | None:
    """Return where the token of operators is; None where they are answered nothing."""
    return _parsed(options.admin_token_secret, _TOKEN) if options.admin_token_secret else None


def access_to(owner: str, scheme: str, options: Options) -> Access | None:
    """Return how the engines of an owner are asked; None where there is nothing to say about it."""
    ca = _certificates(options) if scheme == "https" else None
    key = _api_key(owner, options)
    if not key and (scheme != "https" or not (ca or options.engine_skip_verify)):
        return None
    return Access(
        ca=ca.file if ca else None,
        verify=not options.engine_skip_verify,
        api_key=key.file if key else None,
        plain_key=options.engine_key_plain,
    )


def mounted(options: Options) -> tuple[SecretKey, ...]:
    """Return what the server needs of Secrets to ask engines, sorted."""
    found = {_parsed(said.rpartition("=")[2], _API_KEY) for said in options.engine_key_secrets}
    certificates = _certificates(options)
    return tuple(sorted(found | ({certificates} if certificates else set())))


def access_problems(options: Options, serves: bool) -> Iterator[str]:
    """Yield a line for each option about the server that cannot be; `serves` is whether it is emitted."""
    given = {
        "--admin-token-secret": options.admin_token_secret,
        "--cors-origin": options.cors_origins,
        "--engine-ca-secret": options.engine_ca_secret,
        "--engine-skip-verify": options.engine_skip_verify,
        "--engine-key-secret": options.engine_key_secrets,
        "--engine-key-plain": options.engine_key_plain,
    }
    if not serves:
        for option in (option for option, value in given.items() if value):
            yield f"{option}: is about the server for models, and none is emitted; give --image IMAGE, or leave it out"
    if options.engine_ca_secret and options.engine_skip_verify:
        yield "--engine-skip-verify: needs no --engine-ca-secret; leave one out"
    if options.engine_key_plain and not options.engine_key_secrets:
        yield "--engine-key-plain: is about API keys, and none is given; give --engine-key-secret, or leave it out"
    yield from _names(options)


def _names(options: Options) -> Iterator[str]:
    owners: set[str] = set()
    for said in options.engine_key_secrets:
        owner = said.rpartition("=")[0]
        if owner in owners:
            yield f"--engine-key-secret {said}: another is given for {owner or 'all engines'}; leave one out"
        owners.add(owner)
    one = [("--admin-token-secret", options.admin_token_secret), ("--engine-ca-secret", options.engine_ca_secret)]
    keys = [("--engine-key-secret", said.rpartition("=")[2]) for said in options.engine_key_secrets]
    for option, secret in [*one, *keys]:
        name, _, key = (secret or "").partition(":")
        if secret is not None and not (_NAME.fullmatch(name) and (not key or _KEY.fullmatch(key))):
            yield f"{option} {secret}: no Secret; give NAME or NAME:KEY"
    for origin in options.cors_origins:
        if origin != "*" and not re.fullmatch(r"https?://[^/\s]+", origin):
            yield f"--cors-origin {origin}: no origin; give one such as https://chat.example.com, or *"


def _certificates(options: Options) -> SecretKey | None:
    return _parsed(options.engine_ca_secret, _CERTIFICATES) if options.engine_ca_secret else None


def _api_key(owner: str, options: Options) -> SecretKey | None:
    by_owner = {said.rpartition("=")[0]: said.rpartition("=")[2] for said in options.engine_key_secrets}
    said = by_owner.get(owner) or by_owner.get("")
    return _parsed(said, _API_KEY) if said else None


def _parsed(said: str, key: str) -> SecretKey:
    name, _, given = said.partition(":")
    return SecretKey(name, given or key)
