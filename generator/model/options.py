"""What a user asks of `generate`, and whether it can be asked. Values and checks, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from .naming import LONGEST_NAME

PoolApi = Literal["auto", "v1", "v1alpha2"]

# GEP-2257, https://gateway-api.sigs.k8s.io/geps/gep-2257/
_DURATION: Final = re.compile(r"([0-9]{1,5}(h|m|s|ms)){1,4}")
# HTTPPathMatch: what the CRD of Gateway API takes as a prefix.
_PATH: Final = re.compile(r"/([-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})*")
_PATH_NEVER: Final = ("//", "/./", "/../", "%2f", "%2F")
_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_HOST: Final = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_SUBDOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_MOST_PREFIXES: Final = 8
_MOST_HOSTS: Final = 16


@dataclass(frozen=True, slots=True)
class Options:
    """The options of `generate`, as given; empty and None mean that the input decides.

    `gateways` are `[NS/]NAME`, `defaults` are `[MODEL=]OWNER`, `splits` are `[MODEL=]OWNER=WEIGHT,...`, `namespaces`
    those of `-n`. `epp_config` is the text of an EndpointPickerConfig. Secrets are `NAME[:KEY]`, those of API keys
    `[OWNER=]NAME[:KEY]`; `models_service` is `[NS/]NAME:PORT`.
    """

    namespaces: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    listener: str | None = None
    implementation: str | None = None
    defaults: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    path_prefixes: tuple[str, ...] = ("/v1",)
    hostnames: tuple[str, ...] = ()
    pool_api: PoolApi = "auto"
    instance: str | None = None
    timeout: str | None = None
    epp: Literal["reuse", "deploy"] = "reuse"
    epp_config: str | None = None
    epp_image: str | None = None
    take_over: bool = False
    layout: Literal["packed", "per-service"] = "packed"
    body_to_header: Literal["auto", "in-gateway", "sidecar", "none"] = "auto"
    body_limit: str | None = None
    held_limit: str | None = None
    extract_after_auth: bool = False
    keep_query: bool = False
    strip_engine_fields: Literal["auto", "always", "never"] = "auto"
    models_endpoint: Literal["auto", "aggregator", "static", "none"] = "auto"
    image: str | None = None
    no_catch_all: bool = False
    models_service: str | None = None
    admin_token_secret: str | None = None
    cors_origins: tuple[str, ...] = ()
    engine_ca_secret: str | None = None
    engine_skip_verify: bool = False
    engine_key_secrets: tuple[str, ...] = ()
    engine_key_plain: bool = False


def problems_of(options: Options) -> list[str]:
    """Return a line for every option that no API server would take, in the order of the options."""
    return [
        *_repeated("--gateway", options.gateways),
        *_paths(options.path_prefixes),
        *_hosts(options.hostnames),
        *_instance(options.instance),
        *_timeout(options.timeout),
        *_epp(options),
        *_images(options),
    ]


def _repeated(option: str, values: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            yield f"{option} {value}: given twice; leave one out"
        seen.add(value)


def _paths(prefixes: tuple[str, ...]) -> Iterator[str]:
    yield from _repeated("--path-prefix", [path.rstrip("/") or "/" for path in prefixes])
    if len(prefixes) > _MOST_PREFIXES:
        yield f"--path-prefix: {len(prefixes)} given, and a rule of an HTTPRoute has room for {_MOST_PREFIXES}"
    for path in prefixes:
        if not _PATH.fullmatch(path) or any(part in path for part in _PATH_NEVER) or path.endswith(("/.", "/..")):
            yield f"--path-prefix {path}: no path that an HTTPRoute takes; give one such as /v1"


def _hosts(hostnames: tuple[str, ...]) -> Iterator[str]:
    yield from _repeated("--hostname", hostnames)
    if len(hostnames) > _MOST_HOSTS:
        yield f"--hostname: {len(hostnames)} given, and an HTTPRoute has room for {_MOST_HOSTS}"
    for host in hostnames:
        if not _HOST.fullmatch(host) or len(host) > 253 or re.fullmatch(r"[0-9.]+", host):
            yield f"--hostname {host}: no host name; give one such as llm.example.com or *.example.com, without a port"


def _instance(instance: str | None) -> Iterator[str]:
    if instance is not None and (not _SUBDOMAIN.fullmatch(instance) or len(instance) > LONGEST_NAME):
        yield (
            f"--instance {instance}: names HTTPRoutes and is a label value; use at most {LONGEST_NAME} lower-case"
            " letters, digits, - and ., with a letter or digit at both ends"
        )


def _timeout(timeout: str | None) -> Iterator[str]:
    if timeout is not None and not _DURATION.fullmatch(timeout):
        yield f"--timeout {timeout}: no duration of Gateway API; give one such as 30s, 1h30m or 0s"


def _epp(options: Options) -> Iterator[str]:
    for option, value in (("--epp-config", options.epp_config), ("--epp-image", options.epp_image)):
        if value is not None and options.epp != "deploy":
            yield f"{option}: is about endpoint pickers that are made; give --epp deploy too, or leave it out"


def _images(options: Options) -> Iterator[str]:
    for option, image in (("--epp-image", options.epp_image), ("--image", options.image)):
        if image is not None and not re.fullmatch(r"[^\s]+", image):
            yield f"{option} {image!r}: no image; give one such as registry.example.com/name:v1"
