"""Read `llmd-routes.yaml`: options, facts about ModelServices, and engines and weights by model. Pure, no I/O.

The command line adds a field for each of its options (`cli/configuration.py`). The schema of both is
`docs/llmd-routes.schema.json`, made from these models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Any, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.alias_generators import to_camel

from llmd_routes.errors import InputError
from llmd_routes.inventory.overrides import Override
from llmd_routes.kube.objects import LAST_PORT
from llmd_routes.names import SETTINGS_FILE
from llmd_routes.text.yaml_values import yaml_values
from llmd_routes.values import Refused

from .options import model_of
from .settings_problems import problems_of

# Represents all models in `defaults` and `splits`.
ALL: Final = "*"
_KEY: Final = r"^([^/]+/)?[^/]+/[^/]+$"
_PORT: Final = {"type": "integer", "minimum": 1, "maximum": LAST_PORT}
Port = Annotated[int, Field(ge=1, le=LAST_PORT)]
Ports = Annotated[
    list[Port],
    BeforeValidator(lambda value: [value] if isinstance(value, int) else value),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [_PORT, {"type": "array", "items": _PORT, "minItems": 1}]}),
]
Name = Annotated[str, Field(min_length=1)]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True)


class ModelServiceSettings(_Settings):
    """Facts about a ModelService, which replace those that its manifests show."""

    engine: Name | None = Field(None, description="the inference engine, such as vllm")
    owned_by: Name | None = Field(None, description="the value of x-owned-by that selects it; the engine by default")
    models: list[Name] | None = Field(None, min_length=1, description="served names: primary, aliases, adapters")
    add_models: list[Name] = Field(default_factory=list, description="names that it serves besides those")
    remove_models: list[Name] = Field(default_factory=list, description="served names that get no routes")
    port: Ports | None = Field(None, description="the port that it serves on, or a list of all ports")
    exclude: bool = Field(False, description="ignore this ModelService")


class Settings(_Settings):
    """Settings of llmd-routes; options on the command line and environment variables win."""

    model_services: dict[Annotated[str, Field(pattern=_KEY)], ModelServiceSettings] = Field(
        default_factory=dict, description="facts by [namespace/]Kind/name of any workload of a ModelService"
    )
    defaults: dict[Name, Name] = Field(
        default_factory=dict, description="the owner for requests that name no engine, by model; * means all models"
    )
    splits: dict[Name, dict[Name, Annotated[int, Field(ge=0)]]] = Field(
        default_factory=dict, description="weights by owner, by model; * means all models"
    )

    def overrides(self, source: str = SETTINGS_FILE) -> dict[str, Override]:
        """Return the facts about ModelServices, by key; `source` is where they are from, for messages."""
        return {
            key: Override(
                engine=facts.engine,
                owned_by=facts.owned_by,
                models=tuple(facts.models) if facts.models is not None else None,
                add_models=tuple(facts.add_models),
                remove_models=tuple(facts.remove_models),
                ports=tuple(sorted(set(facts.port))) if facts.port is not None else None,
                exclude=facts.exclude,
                source=source,
            )
            for key, facts in self.model_services.items()
        }

    def with_defaults(self, given: Sequence[str]) -> tuple[str, ...]:
        """Return the values of `--default-engine`, and those of the file for all other models."""
        models = {word.rpartition("=")[0] for word in given}
        return (*given, *_words(self.defaults, models))

    def with_splits(self, given: Sequence[str]) -> tuple[str, ...]:
        """Return the values of `--split`, and those of the file for all other models."""
        models = {model_of(word) for word in given}
        written = {
            model: ",".join(f"{owner}={n}" for owner, n in shares.items()) for model, shares in self.splits.items()
        }
        return (*given, *_words(written, models))

    def merged(self, other: Settings) -> Settings:
        """Return settings merged with another one, whose entries win."""
        return Settings(
            model_services={**self.model_services, **other.model_services},
            defaults={**self.defaults, **other.defaults},
            splits={**self.splits, **other.splits},
        )


Spec = TypeVar("Spec", bound=Settings)
_HEAD: Final = ("apiVersion", "kind", "spec")
_BEGIN: Final = (
    "begin the file with apiVersion: llmd-routes/v1alpha1 and kind: Configuration, and move its keys to spec"
)


class Configuration(_Settings, Generic[Spec]):
    """The settings file, and the functionConfig of krm."""

    api_version: Literal["llmd-routes/v1alpha1"] = Field(description="the version of this format")
    kind: Literal["Configuration"]
    metadata: dict[str, Any] = Field(default_factory=dict, description="ignored")
    spec: Spec


def _words(written: Mapping[str, str], models: Collection[str]) -> list[str]:
    """Return `MODEL=TEXT` by model, TEXT for all models (empty), without the models that options already set."""
    by_model = {("" if model == ALL else model): text for model, text in written.items()}
    return [f"{model}={text}" if model else text for model, text in by_model.items() if model not in models]


def parse(text: str, source: str, model: type[Spec]) -> Spec:
    """Return the settings of a text as the model; `source` names the text.

    A text with nothing but modelServices, defaults and splits may have them at its top. Raises InputError with a line
    for everything that is wrong.
    """
    try:
        documents = yaml_values(text, 1)
    except Refused as refused:
        raise InputError(f"{source}:{refused.line}: {refused.problem}") from None
    if len(documents) > 1:
        raise InputError(f"{source}:{documents[1].line}: a second document; keep one document")
    value = documents[0].value if documents else None
    if documents and documents[0].duplicates:
        key, line = documents[0].duplicates[0]
        raise InputError(f"{source}:{line}: duplicate key {key}; keep one of them")
    value = {} if value is None else value
    keys = value.keys() if isinstance(value, dict) else {*_HEAD}
    short = keys <= {*map(to_camel, Settings.model_fields)}
    if not short and keys.isdisjoint(_HEAD):
        raise InputError(f"{source}: apiVersion, kind and spec: missing; {_BEGIN}")
    try:
        if short:
            return model.model_validate(value)
        return Configuration[model].model_validate(value).spec  # type: ignore[valid-type]
    except ValidationError as error:
        whole = model if short else Configuration[model]  # type: ignore[valid-type]
        raise InputError(problems_of(error, whole, source, text)) from None


def from_mapping(value: Mapping[str, Any], source: str, model: type[Spec]) -> Spec:
    """Return the settings of a mapping as the model. Raises InputError with a line for everything that is wrong."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise InputError(problems_of(error, model, source)) from None
