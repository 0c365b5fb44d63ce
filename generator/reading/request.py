"""The reading that options ask for: files or a cluster give the same kind of `Reading`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Final

from llmd_routes.errors import ClusterError, InputError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.overrides import Corrections
from llmd_routes.kinds import kind_read
from llmd_routes.kube.namespaces import Scope, stamped
from llmd_routes.kube.objects import Ref, is_dns_label, kind_of, name_of, namespace_of
from llmd_routes.notices import Notice
from llmd_routes.quantities import seconds

from .ask_engines import ask_engines
from .cluster import read_cluster
from .connection import Server, connect
from .documents import parse
from .files import read_files
from .merge import Reading
from .permissions import Wanted
from .settings import Settings
from .text_files import limit_of

# Options that select a cluster, and options that have an effect only if a cluster is read.
_WHICH_CLUSTER: Final = ("kubeconfig", "context", "request_timeout")
_OF_A_CLUSTER: Final = (*_WHICH_CLUSTER, "allow_missing", "ask_engines")


@dataclass(frozen=True)
class Input:
    """The source of objects, according to `input_options`.

    `standing` lists the fields that an environment variable or the settings file sets: those do not conflict with `-f`.
    `selector` is a label selector of workloads. `settings` are the other parts of the settings file.
    """

    files: tuple[str, ...]
    recursive: bool
    namespaces: tuple[str, ...]
    all_namespaces: bool
    context: str | None
    request_timeout: str | None
    allow_missing: tuple[str, ...]
    config: Path | None
    ask_engines: bool
    input_limit: str | None = None
    standing: frozenset[str] = frozenset()
    kubeconfig: str | None = None
    selector: str | None = None
    settings: Settings = field(default_factory=Settings)


@dataclass(frozen=True)
class Beside:
    """The context of manifests on stdin, according to `beside_options`."""

    files: tuple[str, ...]
    recursive: bool
    namespace: str | None
    config: Path | None
    input_limit: str | None = None
    settings: Settings = field(default_factory=Settings)


def read(source: Input, gateways: Sequence[str] = (), *, compares: bool = False) -> tuple[Reading, tuple[str, ...]]:
    """Read files or the cluster; return the reading and the requested namespaces, empty for all.

    `gateways` are `[NS/]NAME`: their namespaces are read too where not all may be. With `compares`, files are compared
    with a cluster, so options may say which. Raises InputError or ClusterError with everything that cannot be read.
    """
    _check_places(source)
    if not source.files:
        return _read_cluster(source, gateways)
    for name in _OF_A_CLUSTER:
        if getattr(source, name) and name not in source.standing and not (compares and name in _WHICH_CLUSTER):
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{option}: applies only to a cluster, and -f reads files; remove one of them")
    reading = read_files(source.files, sys.stdin, recursive=source.recursive, limit=limit_of(source.input_limit))
    if reading.problems:
        raise InputError(reading.problems)
    return reading, source.namespaces


def read_beside(beside: Beside, manifests: str) -> tuple[Reading, frozenset[Ref]]:
    """Read the manifests of a text together with those of files; and name the objects of the text.

    Objects without a namespace are assumed to be in that of `beside`. Raises InputError with all problems.
    """
    _check_namespaces((beside.namespace,) if beside.namespace is not None else ())
    if "-" in beside.files:
        raise InputError("-f -: stdin already holds the manifests; pass a file or a directory")
    reading = read_files(
        ("-", *beside.files), StringIO(manifests), recursive=beside.recursive, limit=limit_of(beside.input_limit)
    )
    if reading.problems:
        raise InputError(reading.problems)
    here = Scope((beside.namespace,) if beside.namespace else ())
    own = stamped([document.obj for document in parse(manifests, "-").documents if kind_read(document.obj)], here)
    named = frozenset(Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj)) for obj in own)
    return replace(reading, objects=tuple(stamped(reading.objects, here))), named


def _check_places(source: Input) -> None:
    """Raise InputError if the options about namespaces are invalid."""
    if source.all_namespaces and source.namespaces:
        raise InputError("-A and -n: mutually exclusive; pass one of them")
    _check_namespaces(source.namespaces)


def _check_namespaces(namespaces: Sequence[str]) -> None:
    """Raise InputError for each value of -n that is not a name of a namespace."""
    problems = []
    for name in namespaces:
        if not name:
            problems.append("-n: empty; pass the name of a namespace, or remove the option")
        elif "," in name:
            problems.append(f"-n {name}: invalid namespace name; pass -n once for each namespace")
        elif not is_dns_label(name):
            problems.append(f"-n {name}: invalid namespace name; use lower case letters, digits and dashes")
    if problems:
        raise InputError(problems)


def asked(
    source: Input, reading: Reading, scope: Scope, corrections: Corrections
) -> tuple[Corrections, tuple[Notice, ...]]:
    """Return corrections with engines' responses, if engines are to be queried, and notices about missing responses."""
    if not source.ask_engines or source.files:
        return corrections, ()
    services = build_inventory(reading.objects, scope, corrections).services
    told = ask_engines(connection_of(source), services, reading.objects)
    return replace(corrections, engines=told.overrides), told.notices


def connection_of(source: Input) -> Server:
    """Set up the connection of the options. Raises InputError if it is unusable."""
    timeout_s = seconds(source.request_timeout or "30s")
    if timeout_s is None:
        raise InputError(
            f"--request-timeout {source.request_timeout}: invalid duration; use a duration such as 30s, or 0"
            f" for no limit"
        )
    return connect(source.context, timeout_s or None, source.kubeconfig)


def _read_cluster(source: Input, gateways: Sequence[str]) -> tuple[Reading, tuple[str, ...]]:
    connection = connection_of(source)
    wanted = wanted_of(source, gateways, connection.namespace)
    reading = read_cluster(connection, wanted)
    if reading.problems:
        raise ClusterError(reading.problems)
    return reading, wanted.namespaces


def wanted_of(source: Input, gateways: Sequence[str], namespace: str) -> Wanted:
    """Return what to read of a cluster; `namespace` is that of its context, and `gateways` are `[NS/]NAME`.

    Raises InputError if the options contradict each other.
    """
    _check_places(source)
    namespaces = () if source.all_namespaces else source.namespaces or (namespace,)
    theirs = tuple(name.partition("/")[0] for name in gateways if "/" in name)
    return Wanted(namespaces, theirs, source.allow_missing)
