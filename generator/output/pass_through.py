"""Add generated manifests to a stream of manifests, which stays unchanged to the byte. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes.errors import PlanError
from llmd_routes.kube.objects import Object, group_of, kind_of, name_of, namespace_of
from llmd_routes.reading.documents import parse

from .render import Manifest


def with_manifests(text: str, manifests: Sequence[Manifest]) -> str:
    """Return a stream of YAML documents followed by the generated ones.

    Raises PlanError if the stream already contains a generated object.
    """
    refuse_twice(text, manifests)
    end = "" if not text or text.endswith("\n") else "\n"
    return text + end + "".join(f"---\n{manifest.text}" for manifest in manifests)


def refuse_twice(text: str, manifests: Sequence[Manifest]) -> None:
    """Raise PlanError for every manifest that a text holds too, be it without its namespace."""
    made = {_named(manifest.obj, namespace_of(manifest.obj)) for manifest in manifests}
    made |= {_named(manifest.obj, None) for manifest in manifests}
    problems = [
        f"{document.place}: {kind_of(document.obj)} {name_of(document.obj)} is also generated; remove it from the input"
        for document in parse(text, "-", tolerant=True).documents
        if _named(document.obj, namespace_of(document.obj)) in made
    ]
    if problems:
        raise PlanError(problems)


def _named(obj: Object, namespace: str | None) -> tuple[str, str, str | None, str]:
    return group_of(obj), kind_of(obj), namespace, name_of(obj)
