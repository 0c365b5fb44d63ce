"""Read the options of the controller, and read them again when the settings have changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from llmd_routes.errors import InputError, RoutesError
from llmd_routes.kube.objects import Object, Ref, kind_of, labels, name_of, namespace_of
from llmd_routes.names import SETTINGS_FILE
from llmd_routes.problems import Problem
from llmd_routes.reading.settings import Settings, parse
from llmd_routes_sidecar.requested import OPERATORS_KEY, REQUESTED, SETTINGS_KEY, operators_map

from .command import parse_again
from .configuration import SettingsText
from .input_options import input_options
from .usage import usage_problem

if TYPE_CHECKING:
    from llmd_routes.controller.passes import Wish
    from llmd_routes.reading.request import Input

_Stamp = tuple[int, int, int] | None
# The contents of the ConfigMaps of the user and of operators.
_Data = tuple[Mapping[str, str], Mapping[str, str]]
_MISSING: Final[_Data] = ({}, {})
# Options of the process, which changed settings cannot change.
_OF_PROCESS: Final = ("config_map", "lease", "monitoring_port")


@input_options
def _collected(source: Input, **chosen: Any) -> tuple[Input, dict[str, Any]]:
    return source, chosen


class Wishes:
    """The options of the command of a context; if settings become invalid, the previous options are used.

    They are those of the settings file until a ConfigMap was read, and then those of the ConfigMap.
    """

    def __init__(self, context: click.Context, namespace: str, config_map: str | None = None) -> None:
        """Read the options of the file; `namespace` is that of the connection, and contains the ConfigMap.

        Raises InputError for invalid ones.
        """
        self._context = context
        self._namespace = namespace
        self._config_map = Ref(namespace, "ConfigMap", config_map) if config_map is not None else None
        self._path = context.params["config"] or Path(SETTINGS_FILE)
        self._stamp = _stamp(self._path)
        self._had_file = self._stamp is not None
        self._data: _Data | None = None
        self._wish = _wish(context, namespace)

    def read(self, objects: Iterable[Object]) -> Wish:
        """Return the options; if the settings have changed and are invalid, the previous options with a problem.

        `objects` are those of the cluster that are known; the ConfigMap is used as soon as it is among them, with what
        operators requested in the one beside it.
        """
        found, operators = self._found(objects)
        stamp = _stamp(self._path)
        if found is not None:
            self._use(found, operators)
        elif self._data is not None:
            self._miss()
        elif stamp != self._stamp:
            self._stamp = stamp
            self._wish = self._read_file(stamp)
        return self._wish

    def has_changed(self) -> bool:
        """Return whether the file is another one than at the last call of `read`."""
        return self._data is None and _stamp(self._path) != self._stamp

    def _found(self, objects: Iterable[Object]) -> tuple[Object | None, Object | None]:
        """Return the ConfigMap of the settings and that of operators, None for each one that is not known."""
        if self._config_map is None:
            return None, None
        place, name = self._config_map.namespace, self._config_map.name
        maps = [obj for obj in objects if kind_of(obj) == "ConfigMap" and namespace_of(obj) == place]
        by_name = {name_of(obj): obj for obj in maps}
        return by_name.get(name), by_name.get(operators_map(name))

    def _use(self, config_map: Object, operators: Object | None) -> None:
        """Use the settings of the ConfigMaps if they have changed."""
        data = (labels(config_map, "data"), labels(operators, "data") if operators is not None else {})
        requested = labels(operators, "metadata", "annotations").get(REQUESTED, "") if operators is not None else ""
        if data != self._data:
            self._data = data
            self._wish = self._of_data(*data)
        if requested != self._wish.requested:
            self._wish = replace(self._wish, requested=requested)

    def _of_data(self, data: Mapping[str, str], requested: Mapping[str, str]) -> Wish:
        source = str(self._config_map)
        if SETTINGS_KEY not in data:
            return self._invalid(source, f"{SETTINGS_KEY} does not exist", "restore it")
        wish = self._parsed(source, SettingsText(f"{source}: {SETTINGS_KEY}", data[SETTINGS_KEY]))
        source = f"{operators_map(source)}: {OPERATORS_KEY}"
        try:
            operators = parse(requested.get(OPERATORS_KEY, ""), source, Settings)
        except InputError as error:
            first = error.problems[0]
            return self._invalid(source, ": ".join(filter(None, (first.object, first.fact))), first.fix)
        return replace(wish, operators=operators)

    def _miss(self) -> None:
        """Use the previous settings of a ConfigMap that does not exist."""
        if self._data != _MISSING:
            self._data = _MISSING
            self._wish = self._invalid(str(self._config_map), "the ConfigMap does not exist", "restore it")

    def _read_file(self, stamp: _Stamp) -> Wish:
        if stamp is None and self._had_file:
            return self._invalid(str(self._path), "the file does not exist", "restore it")
        self._had_file = True
        return self._parsed(str(self._path))

    def _parsed(self, source: str, written: SettingsText | None = None) -> Wish:
        try:
            return _wish(parse_again(self._context, written), self._namespace)
        except RoutesError as error:
            first = error.problems[0]
            return self._invalid(source, ": ".join(filter(None, (first.object, first.fact))), first.fix)
        except click.ClickException as error:
            problem = usage_problem(error)
            return self._invalid(source, ": ".join(filter(None, (problem.object, problem.fact))), problem.fix)

    def _invalid(self, source: str, reason: str, fix: str) -> Wish:
        fact = f"the changed settings are invalid, so the previous settings are used: {reason}"
        return replace(self._wish, problems=(Problem(source, fact, fix),))


def _wish(context: click.Context, namespace: str) -> Wish:
    """Return the options of a context. Raises InputError if the controller does not support one."""
    from llmd_routes.controller.passes import Wish
    from llmd_routes.pipeline import check_selector
    from llmd_routes.reading.request import wanted_of

    with context.scope():
        collect: Callable[..., tuple[Input, dict[str, Any]]] = _collected
        source, chosen = collect(**context.params)
    if source.files:
        raise InputError("-f: the controller reads a cluster; remove the option")
    if source.ask_engines:
        raise InputError("--ask-engines: the controller does not ask engines; describe them in --config")
    check_selector(source, chosen)
    wanted = wanted_of(source, chosen["gateways"], namespace)
    is_dry, removes_many = chosen.pop("is_dry"), chosen.pop("removes_many")
    given = {name: value for name, value in chosen.items() if name not in _OF_PROCESS}
    return Wish(source, given, wanted, is_dry, removes_many)


def _stamp(path: Path) -> _Stamp:
    """Return what changes when a file is replaced or written, None without a file; links are followed."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ino, status.st_size
