"""Reads `llmd-routes.yaml`: what a user says of ModelServices, and of models that several engines serve. Pure, no I/O.

Its schema is `docs/llmd-routes.schema.json`, made from these models.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.alias_generators import to_camel

from llmd_routes.errors import InputError
from llmd_routes.inventory.overrides import Override
from llmd_routes.kube.objects import LAST_PORT
from llmd_routes.text.yaml_values import yaml_values
from llmd_routes.values import Refused

from .options import model_of

# Stands for all models in `defaults` and `splits`.
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


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel, populate_by_name=True)


class ModelServiceSaid(_Said):
    """What is said of a ModelService, in place of what its manifests tell."""

    engine: Name | None = Field(None, description="the inference engine, such as vllm")
    owned_by: Name | None = Field(None, description="what x-owned-by selects it by; the engine by default")
    models: list[Name] | None = Field(None, min_length=1, description="served names: primary, aliases, adapters")
    port: Ports | None = Field(None, description="the port it serves on, or all of them")
    exclude: bool = Field(False, description="leave it out")


class SettingsFile(_Said):
    """Settings of llmd-routes; options on the command line win."""

    model_services: dict[Annotated[str, Field(pattern=_KEY)], ModelServiceSaid] = Field(
        default_factory=dict, description="by [namespace/]Kind/name of any of its workloads"
    )
    defaults: dict[Name, Name] = Field(
        default_factory=dict, description="the owner key for requests that name no engine, by model; * is all models"
    )
    splits: dict[Name, dict[Name, Annotated[int, Field(ge=0)]]] = Field(
        default_factory=dict, description="weights by owner key, by model; * is all models"
    )

    def overrides(self) -> dict[str, Override]:
        """Return what is said of ModelServices, by key."""
        return {
            key: Override(
                engine=said.engine,
                owned_by=said.owned_by,
                models=tuple(said.models) if said.models is not None else None,
                ports=tuple(sorted(set(said.port))) if said.port is not None else None,
                exclude=said.exclude,
            )
            for key, said in self.model_services.items()
        }

    def with_defaults(self, given: Sequence[str]) -> tuple[str, ...]:
        """Return the values of `--default-engine`, and those of the file for all other models."""
        about = {word.rpartition("=")[0] for word in given}
        return (*given, *_words(self.defaults, about))

    def with_splits(self, given: Sequence[str]) -> tuple[str, ...]:
        """Return the values of `--split`, and those of the file for all other models."""
        about = {model_of(word) for word in given}
        written = {
            model: ",".join(f"{owner}={n}" for owner, n in shares.items()) for model, shares in self.splits.items()
        }
        return (*given, *_words(written, about))


def _words(written: Mapping[str, str], about: Collection[str]) -> list[str]:
    """Return `MODEL=TEXT` by model, TEXT for all of them, but for those (empty: all) that are spoken of already."""
    models = {("" if model == ALL else model): text for model, text in written.items()}
    return [f"{model}={text}" if model else text for model, text in models.items() if model not in about]


def parse(text: str, source: str) -> SettingsFile:
    """Return the settings of a text; `source` names it. Raises InputError with a line for everything that is wrong."""
    try:
        found = yaml_values(text, 1)
    except Refused as refused:
        raise InputError(f"{source}:{refused.line}: {refused.problem}") from None
    if len(found) > 1:
        raise InputError(f"{source}:{found[1].line}: a second document; keep one document")
    value = found[0].value if found else None
    if found and found[0].duplicates:
        key, line = found[0].duplicates[0]
        raise InputError(f"{source}:{line}: duplicate key {key}; keep one of them")
    try:
        return SettingsFile.model_validate({} if value is None else value)
    except ValidationError as error:
        raise InputError([_problem(source, one["loc"], one["msg"]) for one in error.errors()]) from None


def _problem(source: str, place: Sequence[int | str], message: str) -> str:
    where = ".".join(str(step) for step in place if step != "[key]") or "the whole file"
    return f"{source}: {where}: {message[:1].lower()}{message[1:]}; see docs/llmd-routes.schema.json"
