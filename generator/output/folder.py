"""Plan a directory of manifests: one file for each object, and a kustomization that names them. Pure, no I/O.

Only files of the same instance are replaced and removed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmd_routes.errors import InputError
from llmd_routes.kube.objects import Object, kind_of, name_of, namespace_of, text
from llmd_routes.names import INSTANCE
from llmd_routes.text.yaml_values import load_all

from .header import OF_A_FILE, is_same
from .render import Manifest
from .templating import environment

KUSTOMIZATION = "kustomization.yaml"
# Other file names that kustomize accepts; a directory may contain only one of them.
_OTHERS = ("kustomization.yml", "Kustomization")
SUFFIXES = (".yaml", ".yml", ".json", "Kustomization")


@dataclass(frozen=True, slots=True)
class Change:
    """A file to create (`before` is None), rewrite, or remove (`after` is None)."""

    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        """Return what is wrong with the file."""
        return "is missing" if self.before is None else "is left over" if self.after is None else "is not up to date"


def files_of(manifests: Sequence[Manifest], instance: str, head: str = "") -> dict[str, str]:
    """Return the texts of the files by name, in the order of the manifests; the kustomization is the last.

    `head` is the comment at the head of the kustomization.
    """
    files = {_name(manifest.obj): OF_A_FILE + manifest.text for manifest in manifests}
    template = environment().get_template("common/kustomization.yaml.j2")
    return {**files, KUSTOMIZATION: head + template.render(instance=instance, resources=list(files))}


def changes(there: Mapping[str, str], wanted: Mapping[str, str], instance: str) -> list[Change]:
    """Return the changes that turn the existing files into the wanted ones: first those to write, then those to remove.

    In this order the directory can be applied at any time. Raises InputError if a file was not generated for the
    instance.
    """
    ours = {name: _is_of(content, instance) for name, content in there.items()}
    taken = [name for name in (KUSTOMIZATION, *_OTHERS, *wanted) if not ours.get(name, True)]
    # One problem about the kustomization replaces the problems about the files beside it.
    problems = [
        f"--output-dir: {name} was not generated for instance {instance}; use another directory, or pass --instance"
        for name in (taken[:1] if taken[:1] == [KUSTOMIZATION] else dict.fromkeys(taken))
    ]
    if problems:
        raise InputError(problems)
    written = [
        Change(name, there.get(name), text)
        for name, text in wanted.items()
        if name not in there or not is_same(there[name], text)
    ]
    return written + [Change(name, there[name], None) for name in sorted(there) if ours[name] and name not in wanted]


def known(there: Mapping[str, str]) -> list[Object]:
    """Return the objects in a directory that belong to the instance of its kustomization."""
    for kustomization in load_all(there.get(KUSTOMIZATION, "")):
        instance = text(kustomization, "metadata", "labels", INSTANCE)
        if instance:
            return [obj for content in there.values() if _is_of(content, instance) for obj in load_all(content)]
    return []


def _name(obj: Object) -> str:
    """Return an object's file name; object names contain no underscore."""
    return "_".join((kind_of(obj).lower(), namespace_of(obj) or "", name_of(obj))) + ".yaml"


def _is_of(content: str, instance: str) -> bool:
    """Return whether a file contains only objects of an instance."""
    objects = load_all(content)
    return bool(objects) and all(text(obj, "metadata", "labels", INSTANCE) == instance for obj in objects)
