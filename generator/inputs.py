"""The options that say where objects are read from, shared by all commands, and the reading itself.

Files or a cluster give the same kind of `Reading`; heavy imports happen inside, so that `--help` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from .errors import ClusterError, InputError
from .option_groups import Command, group

if TYPE_CHECKING:
    from .connection import Connection
    from .namespaces import Scope
    from .notices import Notice
    from .objects import Ref
    from .settings_file import SettingsFile
    from .sources import Reading


# Options that say which cluster, and all that are about one only.
_WHICH_CLUSTER: Final = ("context", "request_timeout")
_OF_A_CLUSTER: Final = (*_WHICH_CLUSTER, "allow_missing", "ask_engines")


@dataclass(frozen=True)
class Input:
    """Where objects are read from, as the options of `input_options` say."""

    files: tuple[str, ...]
    recursive: bool
    namespaces: tuple[str, ...]
    all_namespaces: bool
    context: str | None
    request_timeout: str | None
    allow_missing: tuple[str, ...]
    config: Path | None
    ask_engines: bool


@dataclass(frozen=True)
class Beside:
    """What stands beside manifests that are passed on, as the options of `beside_options` say."""

    files: tuple[str, ...]
    recursive: bool
    namespace: str | None
    config: Path | None


_RECURSIVE: Final = click.option("-R", "--recursive", is_flag=True, help="Read the folders inside a folder too.")
_FILES: Final = group(
    click.option(
        "-f",
        "--filename",
        "files",
        multiple=True,
        metavar="FILE|DIR",
        help="What is there already, such as the Gateway; read, never printed. Repeatable.",
    ),
    _RECURSIVE,
)
_CONFIG: Final = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings, and what is known of ModelServices better.  [default: ./llmd-routes.yaml, if there]",
)


def beside_options(command: Command) -> Command:
    """Add the options about what stands beside manifests on stdin; the command gets them as one `Beside`."""

    @wraps(command)
    def with_beside(**given: Any) -> Any:
        named = {entry.name: given.pop(entry.name) for entry in fields(Beside)}
        return command(Beside(**named), **given)

    return group(
        _FILES,
        click.option(
            "-n",
            "--namespace",
            envvar="HELM_NAMESPACE",
            metavar="NS",
            help="The namespace of objects without one.  [default: that of the release, from helm]",
        ),
        _CONFIG,
    )(with_beside)


def input_options(command: Command) -> Command:
    """Add the options that say where objects are read from; the command gets them as one `Input`."""

    @wraps(command)
    def with_input(**given: Any) -> Any:
        named = {entry.name: given.pop(entry.name) for entry in fields(Input)}
        return command(Input(**named), **given)

    return group(
        click.option(
            "-f",
            "--filename",
            "files",
            multiple=True,
            metavar="FILE|DIR|-",
            help="Read these manifests instead of a cluster; repeatable.",
        ),
        _RECURSIVE,
        click.option(
            "-n",
            "--namespace",
            "namespaces",
            multiple=True,
            metavar="NS",
            help="Look at this namespace; repeatable. Default: the one of the kubeconfig.",
        ),
        click.option("-A", "--all-namespaces", is_flag=True, help="Look at all namespaces; the default for manifests."),
        click.option("--context", metavar="NAME", help="The kubeconfig context of the cluster."),
        click.option(
            "--request-timeout",
            metavar="DURATION",
            help="The longest time for one answer of the cluster; 0 is none.  [default: 30s]",
        ),
        click.option(
            "--allow-missing",
            multiple=True,
            metavar="KIND",
            help="Go on without this kind when it may not be listed; repeatable.",
        ),
        click.option(
            "--ask-engines",
            is_flag=True,
            help="Ask pods for engines and models that no manifest tells; needs get on pods/proxy.",
        ),
        _CONFIG,
    )(with_input)


def _is_from_a_variable(parameter: str) -> bool:
    """Return whether a variable of the environment gives an option: a standing wish, no contradiction to `-f`."""
    return click.get_current_context().get_parameter_source(parameter) is ParameterSource.ENVIRONMENT


def read(source: Input, gateways: Sequence[str] = (), *, compares: bool = False) -> tuple[Reading, tuple[str, ...]]:
    """Read files or the cluster, and tell which namespaces are looked at, none for all.

    `gateways` are `[NS/]NAME`: their namespaces are read too where not all may be. With `compares`, files are compared
    with a cluster, so options may say which. Raises InputError or ClusterError
    with everything that cannot be read.
    """
    if source.all_namespaces and source.namespaces:
        raise InputError("-A and -n: exclude each other; give one of them")
    if not source.files:
        return _read_cluster(source, gateways)
    for name in _OF_A_CLUSTER:
        if getattr(source, name) and not _is_from_a_variable(name) and not (compares and name in _WHICH_CLUSTER):
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{option}: is about a cluster, and -f reads files; leave one of them out")
    from .sources import read_files

    reading = read_files(source.files, sys.stdin, recursive=source.recursive)
    if reading.problems:
        raise InputError(reading.problems)
    return reading, source.namespaces


def read_beside(beside: Beside, manifests: str) -> tuple[Reading, frozenset[Ref]]:
    """Read the manifests of a text, beside those of files; and name the objects of the text.

    Objects without a namespace are taken to be in that of `beside`. Raises InputError with everything that cannot be
    read.
    """
    from .documents import parse
    from .kinds import kind_read
    from .namespaces import Scope, stamped
    from .objects import Ref, kind_of, name_of, namespace_of
    from .sources import read_files

    if "-" in beside.files:
        raise InputError("-f -: stdin holds the manifests that are passed on; give a file or a folder")
    reading = read_files(("-", *beside.files), StringIO(manifests), recursive=beside.recursive)
    if reading.problems:
        raise InputError(reading.problems)
    here = Scope((beside.namespace,) if beside.namespace else ())
    own = stamped([document.obj for document in parse(manifests, "-").documents if kind_read(document.obj)], here)
    named = frozenset(Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj)) for obj in own)
    return replace(reading, objects=tuple(stamped(reading.objects, here))), named


def settings(config: Path | None) -> SettingsFile:
    """Return the settings of the file that is named, or of the one in the working directory; empty without one.

    Raises InputError with everything that is wrong with it.
    """
    from .names import SETTINGS_FILE
    from .settings_file import SettingsFile, parse

    path = config or Path(SETTINGS_FILE)
    if config is None and not path.exists():
        return SettingsFile()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        fact = (getattr(error, "strerror", None) or "not UTF-8").lower()
        raise InputError(f"{path}: cannot be read: {fact}; check the path") from None
    return parse(text, str(path))


def asked(source: Input, reading: Reading, scope: Scope) -> tuple[Scope, tuple[Notice, ...]]:
    """Return a scope with what engines tell of facts that are not known, if they are to be asked, and who did not."""
    if not source.ask_engines or source.files:
        return scope, ()
    from .asking import ask_engines
    from .build import build_inventory

    told = ask_engines(connection_of(source), build_inventory(reading.objects, scope).services, reading.objects)
    return replace(scope, told=told.overrides), told.notices


def connection_of(source: Input) -> Connection:
    """Set up the connection that the options name. Raises InputError when it cannot be used."""
    from .connection import connect
    from .durations import seconds

    timeout_s = seconds(source.request_timeout or "30s")
    if timeout_s is None:
        raise InputError(
            f"--request-timeout {source.request_timeout}: no duration; give one such as 30s, or 0 for none"
        )
    return connect(source.context, timeout_s or None)


def _read_cluster(source: Input, gateways: Sequence[str]) -> tuple[Reading, tuple[str, ...]]:
    from .cluster import Wanted, read_cluster

    connection = connection_of(source)
    namespaces = () if source.all_namespaces else source.namespaces or (connection.namespace,)
    theirs = tuple(name.partition("/")[0] for name in gateways if "/" in name)
    reading = read_cluster(connection, Wanted(namespaces, theirs, source.allow_missing))
    if reading.problems:
        raise ClusterError(reading.problems)
    return reading, namespaces
