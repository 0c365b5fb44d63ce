"""Parse the options of `generate`; invalid values become problems. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Final

from llmd_routes.errors import Problems
from llmd_routes.kube.objects import Ref, is_dns_label, is_dns_name
from llmd_routes.model.endpoint import SecretKey
from llmd_routes.model.options import Default, Given, ModelsService, Options, Plain, Size, Split
from llmd_routes.quantities import size_of
from llmd_routes_sidecar.owners import normalise

from .option_checks import (
    check_hosts,
    check_image,
    check_instance,
    check_namespaces,
    check_origins,
    check_paths,
    check_timeout,
    repeated,
)

MOST_WEIGHT: Final = 1_000_000
# A model's name may itself contain these characters, so the shares are the longest valid suffix.
_SPLIT: Final = re.compile(r"(?:(?P<model>.+)=)?(?P<shares>[^=,]+=[0-9]{1,18}(?:,[^=,]+=[0-9]{1,18})*)")
_LABEL: Final = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_SERVICE: Final = re.compile(rf"((?P<namespace>{_LABEL})/)?(?P<name>{_LABEL}):(?P<port>[0-9]{{1,5}})")
_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
# The default keys in Secrets.
_TOKEN, _CERTIFICATES, _API_KEY = "token", "ca.crt", "api-key"


def parse_options(given: Given) -> Options:
    """Return the parsed options, with a problem for each invalid value, in the order of the options."""
    problems = Problems()
    problems.add(*_checked(given))
    plain = {each.name: getattr(given, each.name) for each in fields(Plain)}
    plain["path_prefixes"] = tuple(path.rstrip("/") or "/" for path in given.path_prefixes)
    return Options(
        **plain,
        defaults=tuple(map(_default, given.defaults)),
        splits=tuple(_splits(given.splits, problems)),
        body_limit=_size("--buffer-limit", given.body_limit, "512Ki or 2Mi", problems),
        held_limit=_size("--held-limit", given.held_limit, "512Mi or 2Gi", problems),
        models_service=_service(given.models_service, problems),
        admin_token_secret=_secret("--admin-token-secret", given.admin_token_secret, _TOKEN, problems),
        admin_settings=_config_map(given.admin_settings, problems),
        engine_ca_secret=_secret("--engine-ca-secret", given.engine_ca_secret, _CERTIFICATES, problems),
        engine_key_secrets=dict(_keys(given.engine_key_secrets, problems)),
        problems=problems.lines,
    )


def model_of(word: str) -> str:
    """Return the model in a value of `--split`, empty if it applies to all models."""
    split = _SPLIT.fullmatch(word)
    return (split["model"] or "") if split else ""


def _checked(given: Given) -> Iterator[str]:
    yield from repeated("--gateway", given.gateways)
    yield from check_paths(given.path_prefixes)
    yield from check_hosts(given.hostnames)
    yield from check_instance(given.instance)
    yield from check_timeout(given.timeout)
    yield from check_image("--epp-image", given.epp_image)
    yield from check_image("--envoy-image", given.envoy_image)
    yield from check_image("--image", given.image)
    yield from check_origins(given.cors_origins)
    yield from check_namespaces("--metrics-namespace", given.metrics_namespaces)


def _default(word: str) -> Default:
    model, separator, owner = word.rpartition("=")
    return Default(word, model if separator else None, normalise(owner))


def _splits(words: Sequence[str], problems: Problems) -> Iterator[Split]:
    seen: set[str | None] = set()
    for word in words:
        match = _SPLIT.fullmatch(word)
        pairs = [part.split("=") for part in match["shares"].split(",")] if match else []
        shares = {normalise(owner): int(weight) for owner, weight in pairs}
        if match is None or len(shares) < max(2, len(pairs)) or not any(shares.values()):
            problems.add(
                f"--split {word}: invalid weights; use weights of two engines or more, such as vllm=80,sglang=20"
            )
        elif max(shares.values()) > MOST_WEIGHT:
            problems.add(f"--split {word}: a weight is above {MOST_WEIGHT}; use smaller weights of the same ratio")
        elif match["model"] in seen:
            problems.add(
                f"--split {word}: weights for {match['model'] or 'all models'} are already set; remove one of them"
            )
        else:
            seen.add(match["model"])
            yield Split(word, match["model"], shares)


def _size(option: str, word: str | None, example: str, problems: Problems) -> Size | None:
    count = size_of(word) if word is not None else None
    if word is not None and count is None:
        problems.add(f"{option} {word}: invalid size; use bytes, or a size such as {example}")
    return Size(word, count) if word is not None and count is not None else None


def _service(word: str | None, problems: Problems) -> ModelsService | None:
    match = _SERVICE.fullmatch(word) if word is not None else None
    if match is not None and 0 < int(match["port"]) < 65536:
        return ModelsService(match["namespace"], match["name"], int(match["port"]))
    if word is not None:
        problems.add(f"--models-service {word}: invalid Service; use [NAMESPACE/]NAME:PORT")
    return None


def _secret(option: str, word: str | None, key: str, problems: Problems) -> SecretKey | None:
    """Return the Secret of a value `NAME[:KEY]`; `key` is the default key, and messages start with `option`."""
    if word is None:
        return None
    name, _, given = word.partition(":")
    if not (is_dns_name(name) and (not given or _KEY.fullmatch(given))):
        problems.add(f"{option} {word}: invalid Secret; use NAME or NAME:KEY")
        return None
    return SecretKey(name, given or key)


def _config_map(word: str | None, problems: Problems) -> Ref | None:
    if word is None:
        return None
    namespace, _, name = word.partition("/")
    if not (is_dns_label(namespace) and is_dns_name(name)):
        problems.add(f"--admin-settings {word}: invalid ConfigMap; use NAMESPACE/NAME")
        return None
    return Ref(namespace, "ConfigMap", name)


def _keys(words: Sequence[str], problems: Problems) -> Iterator[tuple[str, SecretKey]]:
    """Yield the API key of each engine, "" for all."""
    owners: set[str] = set()
    for word in words:
        owner, _, named = word.rpartition("=")
        if owner in owners:
            problems.add(
                f"--engine-key-secret {word}: a key for {owner or 'all engines'} is already set; remove one of them"
            )
        owners.add(owner)
        secret = _secret("--engine-key-secret", named, _API_KEY, problems)
        if secret is not None:
            yield owner, secret
