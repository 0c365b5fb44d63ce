"""Which models of ModelServices have routes, as the settings of a controller say, and how operators change that.

Pure: values in, values out. A route is a model name of a ModelService with its owner key; operators add and remove
routes, and choose the engine for requests that name none:

    request                                         change of the operators' settings
    add    model, owned_by, service_name            addModels, or no longer in removeModels
    add    model, service_name                      defaults: the service's owner key for the model
    remove model, owned_by                          removeModels, or no longer in addModels
    remove model                                    no default

Settings are the `spec` of `Configuration`; those of the user are only read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from .catalog import Catalog
from .owners import is_routable, normalise

Obj = dict[str, Any]
# Stands for all models in `defaults` and `splits`.
_ALL: Final = "*"
_SERVICES, _ADD, _REMOVE, _DEFAULTS, _SPLITS = "modelServices", "addModels", "removeModels", "defaults", "splits"


class RefusedError(Exception):
    """A request that is not executed: an HTTP status, and the reason with the fix."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Pair(NamedTuple):
    """A route: a model, the owner key of its engine (None for requests without one), and the name of its service."""

    model: str
    owned_by: str | None
    service_name: str | None = None


@dataclass(frozen=True, slots=True)
class _Service:
    """A ModelService: its keys in settings, its owner key, its InferencePool, and all names that it serves."""

    keys: tuple[str, ...]
    owner: str
    pool: str | None
    names: frozenset[str]

    @property
    def name(self) -> str:
        """Return its name in requests and responses."""
        return self.pool or self.keys[0].rpartition("/")[2]

    def is_named(self, name: str) -> bool:
        """Return whether a name of a request means it: its pool, or a workload with or without namespace and kind."""
        return name == self.pool or any(name in (key, key.rpartition("/")[2]) for key in self.keys)


@dataclass(frozen=True, slots=True)
class Routing:
    """The routes of a catalog according to the settings of the user and those that operators requested."""

    catalog: Catalog
    user: Mapping[str, Any] = field(default_factory=dict)
    operators: Mapping[str, Any] = field(default_factory=dict)

    def pairs(self) -> list[Pair]:
        """Return all routes by model and owner key, and then the chosen defaults, whose owner key is None."""
        routes = self._routes()
        defaults = [
            Pair(model, None, routes[model, owner].name)
            for model, owner in self._defaults().items()
            if (model, owner) in routes
        ]
        return [*(Pair(*key, routes[key].name) for key in sorted(routes)), *sorted(defaults)]

    def added(self, pair: Pair) -> Obj:
        """Return the operators' settings with a route more. Raises RefusedError."""
        service = self._named(pair.service_name or "")
        if not is_routable(pair.model):
            raise RefusedError(400, f"model {pair.model!r} cannot be a header value; use printable ASCII")
        owner = normalise(pair.owned_by) if pair.owned_by is not None else None
        settings = _copied(self.operators)
        if owner is None:
            self._check_default(pair.model, service)
            settings[_DEFAULTS][pair.model] = service.owner
            return settings
        if owner != service.owner:
            reason = f"{service.name} serves as {service.owner}, not as {owner}"
            raise RefusedError(400, f"{reason}; set ownedBy of {service.keys[0]} in the settings of the controller")
        if (pair.model, owner) in self._routes():
            raise _exists(pair)
        if pair.model in _listed(self.user, service, _REMOVE):
            raise RefusedError(409, f"removeModels in the controller's own settings has {pair.model}; remove it there")
        facts = _facts(settings, service)
        facts[_REMOVE] = [name for name in facts[_REMOVE] if name != pair.model]
        if pair.model not in {*service.names, *_listed(self.user, service, _ADD)}:
            facts[_ADD] = [*facts[_ADD], pair.model]
        return settings

    def removed(self, pair: Pair) -> Obj:
        """Return the operators' settings with a route less. Raises RefusedError."""
        settings = _copied(self.operators)
        if pair.owned_by is None:
            if pair.model not in settings[_DEFAULTS]:
                raise _absent(pair)
            del settings[_DEFAULTS][pair.model]
            return settings
        routes = self._routes()
        key = (pair.model, normalise(pair.owned_by))
        if key not in routes:
            raise _absent(pair)
        if len(routes) == 1:
            raise RefusedError(409, "this is the last route, which is not removed; remove the instance instead")
        self._check_unused(*key)
        if settings[_DEFAULTS].get(pair.model) == key[1]:
            del settings[_DEFAULTS][pair.model]
        service = routes[key]
        facts = _facts(settings, service)
        facts[_ADD] = [name for name in facts[_ADD] if name != pair.model]
        if pair.model in {*service.names, *_listed(self.user, service, _ADD)}:
            facts[_REMOVE] = [*facts[_REMOVE], pair.model]
        return settings

    def _services(self) -> list[_Service]:
        """Return the services of the catalog that settings can describe, each once."""
        found: dict[tuple[str, ...], _Service] = {}
        for piece in self.catalog.services:
            if not piece.keys:
                continue
            names = {model.id for model in piece.models} - {*(piece.added or ())} | {*(piece.removed or ())}
            before = found[piece.keys].names if piece.keys in found else frozenset()
            found[piece.keys] = _Service(piece.keys, piece.owned_by, piece.pool, before | names)
        return list(found.values())

    def _named(self, name: str) -> _Service:
        services = self._services()
        named = [service for service in services if service.is_named(name)]
        if len(named) == 1:
            return named[0]
        if named:
            keys = ", ".join(sorted(service.keys[0] for service in named))
            raise RefusedError(400, f"service_name {name} means several ModelServices; use one of {keys}")
        known = ", ".join(sorted(service.name for service in services)) or "none"
        raise RefusedError(400, f"no ModelService has the service_name {name}; use one of {known}")

    def _routes(self) -> dict[tuple[str, str], _Service]:
        """Return the service of each route, by model and owner key."""
        routes: dict[tuple[str, str], _Service] = {}
        for service in self._services():
            both = (self.user, self.operators)
            added = {name for settings in both for name in _listed(settings, service, _ADD)}
            removed = {name for settings in both for name in _listed(settings, service, _REMOVE)}
            for name in (service.names | added) - removed:
                routes.setdefault((name, service.owner), service)
        return routes

    def _defaults(self) -> dict[str, str]:
        chosen = {**_mapping(self.user, _DEFAULTS), **_mapping(self.operators, _DEFAULTS)}
        return {model: normalise(str(owner)) for model, owner in chosen.items() if model != _ALL}

    def _check_default(self, model: str, service: _Service) -> None:
        """Raise RefusedError if requests for a model that name no engine cannot go to a service."""
        if (model, service.owner) not in self._routes():
            reason = f"{service.name} has no route for {model}"
            raise RefusedError(400, f"{reason}; add it with owned_by {service.owner} first")
        if model in self._defaults():
            raise _exists(Pair(model, None))
        if {model, _ALL} & _mapping(self.user, _SPLITS).keys() or _words(self.user, "split"):
            raise RefusedError(409, f"the settings split requests for {model} that name no engine; remove the split")
        if any(word.rpartition("=")[0] == model for word in _words(self.user, "defaultEngine")):
            raise RefusedError(409, f"defaultEngine in the controller's own settings has {model}; remove it there")

    def _check_unused(self, model: str, owner: str) -> None:
        """Raise RefusedError if settings of the user that stay require a route."""
        fix = "change them in the controller's own settings first"
        is_only = not any(key[1] == owner and key[0] != model for key in self._routes())
        for name, chosen in _mapping(self.user, _DEFAULTS).items():
            if normalise(str(chosen)) == owner and (name == model or (name == _ALL and is_only)):
                raise RefusedError(409, f"defaults selects {owner} for {model}; {fix}")
        for word in _words(self.user, "defaultEngine"):
            name, _, chosen = word.rpartition("=")
            if normalise(chosen) == owner and (name == model or (not name and is_only)):
                raise RefusedError(409, f"defaultEngine selects {owner} for {model}; {fix}")
        for name, shares in _mapping(self.user, _SPLITS).items():
            if name in (model, _ALL) and owner in map(normalise, shares if isinstance(shares, dict) else ()):
                raise RefusedError(409, f"splits has a weight for {owner} of {model}; {fix}")
        if any(f"{owner}=" in word for word in _words(self.user, "split")):
            raise RefusedError(409, f"split has a weight for {owner}; {fix}")


def _exists(pair: Pair) -> RefusedError:
    return RefusedError(400, f"Mapping already exists for model '{pair.model}' with owned_by '{pair.owned_by}'")


def _absent(pair: Pair) -> RefusedError:
    return RefusedError(404, f"Mapping not found for model '{pair.model}' with owned_by '{pair.owned_by}'")


def _copied(settings: Mapping[str, Any]) -> Obj:
    """Return the operators' settings with all their parts, which may be changed."""
    facts = {
        key: {_ADD: _texts(value, _ADD), _REMOVE: _texts(value, _REMOVE)}
        for key, value in _mapping(settings, _SERVICES).items()
    }
    return {_SERVICES: facts, _DEFAULTS: {**_mapping(settings, _DEFAULTS)}}


def _facts(settings: Obj, service: _Service) -> Obj:
    """Return the facts about a service in copied settings; it has new ones under its first key."""
    facts: Obj = settings[_SERVICES]
    key = next((key for key in service.keys if key in facts), service.keys[0])
    found: Obj = facts.setdefault(key, {_ADD: [], _REMOVE: []})
    return found


def _listed(settings: Mapping[str, Any], service: _Service, name: str) -> list[str]:
    """Return a list of the facts about a service; their key may lack the namespace."""
    short = {key.partition("/")[2] for key in service.keys}
    known = _mapping(settings, _SERVICES)
    return [text for key, value in known.items() if key in short.union(service.keys) for text in _texts(value, name)]


def _words(settings: Mapping[str, Any], option: str) -> list[str]:
    """Return the words of an option, which is a list or a text."""
    value = settings.get(option) or ()
    return value.split() if isinstance(value, str) else [str(word) for word in _items(value)]


def _texts(value: Any, name: str) -> list[str]:
    found = value.get(name) if isinstance(value, Mapping) else None
    return [str(text) for text in _items(found)]


def _items(value: Any) -> Iterator[Any]:
    yield from value if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else ()


def _mapping(settings: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = settings.get(name)
    return found if isinstance(found, Mapping) else {}
