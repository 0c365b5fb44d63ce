"""The options that say where objects are read from, shared by all commands."""

from __future__ import annotations

from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from .option_groups import Command, group

_RECURSIVE: Final = click.option("-R", "--recursive", is_flag=True, help="Read the folders inside a folder too.")
_LIMIT: Final = click.option(
    "--input-limit", metavar="SIZE", help="Read at most so much of files and stdin together.  [default: 256Mi]"
)
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
    _LIMIT,
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
        # Inside, so that --help answers at once.
        from llmd_routes.reading.request import Beside

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
        from llmd_routes.reading.request import Input

        named = {entry.name: given.pop(entry.name) for entry in fields(Input) if entry.name in given}
        source_of = click.get_current_context().get_parameter_source
        standing = frozenset(name for name in named if source_of(name) is ParameterSource.ENVIRONMENT)
        return command(Input(**named, standing=standing), **given)

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
        _LIMIT,
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
