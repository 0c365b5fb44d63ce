"""Read the options of the controller, and read them again when the settings file has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from llmd_routes.errors import InputError, RoutesError
from llmd_routes.names import SETTINGS_FILE
from llmd_routes.problems import Problem

from .command import parse_again
from .input_options import input_options
from .usage import usage_problem

if TYPE_CHECKING:
    from llmd_routes.controller.passes import Wish
    from llmd_routes.reading.request import Input

_Stamp = tuple[int, int, int] | None
# Options of the process, which a changed file cannot change.
_OF_PROCESS: Final = ("lease", "monitoring_port")


@input_options
def _collected(source: Input, **chosen: Any) -> tuple[Input, dict[str, Any]]:
    return source, chosen


class Wishes:
    """The options of the command of a context; if the file becomes invalid, the previous options are used."""

    def __init__(self, context: click.Context, namespace: str) -> None:
        """Read the options; `namespace` is that of the connection. Raises InputError for invalid ones."""
        self._context = context
        self._namespace = namespace
        self._path = context.params["config"] or Path(SETTINGS_FILE)
        self._stamp = _stamp(self._path)
        self._had_file = self._stamp is not None
        self._wish = _wish(context, namespace)

    def read(self) -> Wish:
        """Return the options; if the file has changed and is invalid, the previous options with a problem."""
        stamp = _stamp(self._path)
        if stamp != self._stamp:
            self._stamp = stamp
            self._wish = self._read_again(stamp)
        return self._wish

    def has_changed(self) -> bool:
        """Return whether the file is another one than at the last call of `read`."""
        return _stamp(self._path) != self._stamp

    def _read_again(self, stamp: _Stamp) -> Wish:
        if stamp is None and self._had_file:
            return self._invalid("the file does not exist", "restore it")
        self._had_file = True
        try:
            return _wish(parse_again(self._context), self._namespace)
        except RoutesError as error:
            first = error.problems[0]
            return self._invalid(": ".join(filter(None, (first.object, first.fact))), first.fix)
        except click.ClickException as error:
            problem = usage_problem(error)
            return self._invalid(": ".join(filter(None, (problem.object, problem.fact))), problem.fix)

    def _invalid(self, reason: str, fix: str) -> Wish:
        fact = f"the changed settings are invalid, so the previous settings are used: {reason}"
        return replace(self._wish, problems=(Problem(str(self._path), fact, fix),))


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
