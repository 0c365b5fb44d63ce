"""Describe an engine: how it is recognised, how its options are read, and its defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grammar:
    """How many values options accept; names are without dashes and with `-` for `_`.

    `flag_prefixes` start options without a value (`enable-lora`), except those in `valued`. All other options accept
    one value.
    """

    flags: frozenset[str] = frozenset()
    flag_prefixes: tuple[str, ...] = ()
    valued: frozenset[str] = frozenset()
    several: frozenset[str] = frozenset()


# Go's flags: each defines whether it takes a value.
GO = Grammar()


@dataclass(frozen=True, slots=True)
class Engine:
    """One row of the table.

    `programs` are word sequences that start the server: the first word is compared with the base name of the
    program, `-m` rows with a Python module. `images` are matched against the repository of the image, without tag;
    `image_words` are words of an image's name by which vendors call what they build of the engine.
    `model_options` are asked in order when there is no positional; `positional` tells whether one can stand for it.
    Variables that begin with `env_prefix` stand for options (`LLAMA_ARG_HF_REPO` for `--hf-repo`). `key_options` and
    `key_env` hold the key that clients must send.
    Variables of `lora_env` let clients load adapters while it runs.
    A `strict` engine answers 400 to a request with fields that it does not know.

    `sub_command` is a word after the program that is no argument. `options_file` names the option of a YAML file with
    more options, `presets_file` that of a file with a section for each model. With `needs_model` it does not start
    without one; with `names_by_comma` one value of a name option holds several names; with `local_name` a model that is
    a local folder is served by its base name. `port_env` is a variable with the port, `port_name` the name of a
    container port that is its own. `role_option` names the option that makes it do one half of a request only,
    `transfer_option` the one with the JSON that says whether it sends or receives KV caches.
    `metrics` is what an endpoint picker calls its metrics, which are at `metrics_path`. It answers 200 at `health_path`
    while it serves. With `tells_owner` its answers
    name the engine in `owned_by`. `pooling_options` make it answer embeddings or scores only, `grpc_option` gRPC
    only. `paths` are the paths of requests that it serves beside /v1; `path_option` names the
    option that moves all paths below another one. Of several engines with one model, that of the lowest `rank` is the
    default; without a rank, the first by name.
    """

    name: str
    programs: tuple[tuple[str, ...], ...]
    images: tuple[str, ...]
    port: int
    grammar: Grammar
    model_options: tuple[str, ...] = ("model",)
    name_options: tuple[str, ...] = ("served-model-name",)
    lora_options: tuple[str, ...] = ()
    model_env: tuple[str, ...] = ()
    port_options: tuple[str, ...] = ("port",)
    env_prefix: str | None = None
    key_options: tuple[str, ...] = ("api-key",)
    key_env: tuple[str, ...] = ()
    image_words: tuple[str, ...] = ()
    lora_env: tuple[str, ...] = ()
    container_names: tuple[str, ...] = ()
    positional: bool = False
    simulator: bool = False
    strict: bool = False
    sub_command: str | None = None
    options_file: str | None = None
    presets_file: str | None = None
    needs_model: bool = False
    names_by_comma: bool = False
    local_name: bool = False
    port_env: str | None = None
    port_name: str | None = None
    role_option: str | None = None
    transfer_option: str | None = None
    metrics: str = "vllm"
    metrics_path: str = "/metrics"
    pooling_options: tuple[str, ...] = ()
    grpc_option: str | None = None
    paths: tuple[str, ...] = ()
    path_option: str | None = None
    health_path: str = "/health"
    tells_owner: bool = True
    rank: int | None = None
