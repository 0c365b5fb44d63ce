"""The options of `generate`: as given on the command line, and parsed. Values only, no I/O.

`reading.options` parses `Given` into `Options`, once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from llmd_routes.kube.objects import Ref

from .choices import BackendKind, BodyToHeader, EppMode, EppPreset, Layout, ModelsEndpoint, PoolApi, StripEngineFields
from .endpoint import SecretKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Plain:
    """The options that need no parsing; with an empty value or None the input decides.

    `gateways` are `[NS/]NAME`, `namespaces` the values of `-n`. `epp_config` is the text of an EndpointPickerConfig,
    `epp_preset` the name of a built-in one. `preferred` are default engines by model, without effect if they do not
    serve it.
    """

    namespaces: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    listener: str | None = None
    implementation: str | None = None
    path_prefixes: tuple[str, ...] = ("/v1",)
    hostnames: tuple[str, ...] = ()
    pool_api: PoolApi = "auto"
    instance: str | None = None
    timeout: str | None = None
    epp: EppMode = "reuse"
    epp_config: str | None = None
    epp_preset: EppPreset | None = None
    epp_image: str | None = None
    envoy_image: str | None = None
    take_over: bool = False
    backend: BackendKind = "auto"
    layout: Layout = "packed"
    body_to_header: BodyToHeader = "auto"
    extract_after_auth: bool = False
    keep_query: bool = False
    keep_path: bool = False
    strip_engine_fields: StripEngineFields = "auto"
    models_endpoint: ModelsEndpoint = "auto"
    image: str | None = None
    no_catch_all: bool = False
    cors_origins: tuple[str, ...] = ()
    metrics_namespaces: tuple[str, ...] = ()
    engine_skip_verify: bool = False
    engine_key_plain: bool = False
    preferred: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given(Plain):
    """The options as given: `defaults` are `[MODEL=]OWNER`, `splits` are `[MODEL=]OWNER=WEIGHT,...`.

    Limits are sizes (`2Mi`). Secrets are `NAME[:KEY]`, those of API keys `[OWNER=]NAME[:KEY]`; `models_service` is
    `[NS/]NAME:PORT`, `admin_settings` `NS/NAME`.
    """

    defaults: tuple[str, ...] = ()
    splits: tuple[str, ...] = ()
    body_limit: str | None = None
    held_limit: str | None = None
    models_service: str | None = None
    admin_token_secret: str | None = None
    admin_settings: str | None = None
    engine_ca_secret: str | None = None
    engine_key_secrets: tuple[str, ...] = ()


class Default(NamedTuple):
    """A value of `--default-engine`: the engine for a model, or for all models if None; messages quote `word`."""

    word: str
    model: str | None
    owner: str


class Split(NamedTuple):
    """A value of `--split`: weights by engine for a model, or for all models if None; messages quote `word`."""

    word: str
    model: str | None
    shares: Mapping[str, int]


class Size(NamedTuple):
    """A size in bytes; messages quote `word`."""

    word: str
    amount: int


class ModelsService(NamedTuple):
    """The Service of an existing models server; `namespace` is None if it was not given."""

    namespace: str | None
    name: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Plain):
    """The parsed options; `problems` has a line for each invalid value.

    `path_prefixes` have no trailing slash. `engine_key_secrets` maps engines to keys, "" to the key for all engines.
    """

    defaults: tuple[Default, ...] = ()
    splits: tuple[Split, ...] = ()
    body_limit: Size | None = None
    held_limit: Size | None = None
    models_service: ModelsService | None = None
    admin_token_secret: SecretKey | None = None
    admin_settings: Ref | None = None
    engine_ca_secret: SecretKey | None = None
    engine_key_secrets: Mapping[str, SecretKey] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
