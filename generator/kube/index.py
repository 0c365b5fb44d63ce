"""Index the whole input for readers of single kinds: objects by kind, ConfigMaps, namespaces. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .namespaces import Namespaces
from .objects import Object, Ref, group_of, kind_of, labels, name_of


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one input, their namespaces, and whether a pool selects pods with these labels in a namespace."""

    objects: tuple[Object, ...]
    namespaces: Namespaces
    taken_by_pool: Callable[[Mapping[str, str], str], bool] = field(default=lambda labels, namespace: False, repr=False)
    _maps: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict, init=False, repr=False)
    _kinds: dict[tuple[str, str], list[Object]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Index the objects by kind and API group, and the ConfigMaps by effective namespace and name."""
        for obj in self.objects:
            self._kinds.setdefault((kind_of(obj), group_of(obj)), []).append(obj)
            if kind_of(obj) == "ConfigMap":
                self._maps[(self.namespaces.of(obj), name_of(obj))] = labels(obj, "data")

    def config_maps(self, namespace: str) -> Callable[[str], Mapping[str, str] | None]:
        """Return a lookup of ConfigMap data by name in one namespace."""
        return lambda name: self._maps.get((namespace, name))

    def ref(self, obj: Object) -> Ref:
        """Return the reference of an object in its effective namespace."""
        return Ref(self.namespaces.of(obj), kind_of(obj), name_of(obj))

    def of(self, kind: str, group: str) -> list[Object]:
        """Return the objects of a kind and API group, in input order."""
        return list(self._kinds.get((kind, group), ()))
