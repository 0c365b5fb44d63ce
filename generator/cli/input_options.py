"""The options that say where objects are read from, shared by all commands."""

from __future__ import annotations

from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from .option_groups import Command, chain, section

_RECURSIVE: Final = click.option("-R", "--recursive", is_flag=True, help="Read subdirectories too.")
_LIMIT: Final = click.option(
    "--input-limit", metavar="SIZE", help="The largest size of files and stdin together.  [default: 256Mi]"
)
_CONFIG: Final = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings, and facts about ModelServices.  [default: ./llmd-routes.yaml, if it exists]",
)


def beside_options(command: Command) -> Command:
    """Add the options about what stands beside manifests on stdin; the command gets them as one `Beside`."""

    @wraps(command)
    def with_beside(**given: Any) -> Any:
        # Inside, so that --help answers at once.
        from llmd_routes.reading.request import Beside

        named = {entry.name: given.pop(entry.name) for entry in fields(Beside)}
        return command(Beside(**named), **given)

    return section(
        "Input",
        click.option(
            "-f",
            "--filename",
            "files",
            multiple=True,
            metavar="FILE|DIR",
            help="Existing objects such as the Gateway, which are read and not printed; repeatable.",
        ),
        _RECURSIVE,
        _LIMIT,
        click.option(
            "-n",
            "--namespace",
            envvar="HELM_NAMESPACE",
            metavar="NS",
            help="The namespace of objects without one.  [default: that of the Helm release]",
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

    manifests = section(
        "Input",
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
            help="Read this namespace; repeatable.  [default: that of the kubeconfig context]",
        ),
        click.option("-A", "--all-namespaces", is_flag=True, help="Read all namespaces; the default with -f."),
        _CONFIG,
    )
    cluster = section(
        "Cluster",
        click.option("--kubeconfig", metavar="FILE", help="The kubeconfig.  [default: as kubectl finds it]"),
        click.option("--context", metavar="NAME", help="The context of the kubeconfig."),
        click.option(
            "--request-timeout",
            metavar="DURATION",
            help="The timeout of one request to the API server; 0 disables it.  [default: 30s]",
        ),
        click.option(
            "--allow-missing",
            multiple=True,
            metavar="KIND",
            help="Continue without this kind if it may not be listed; repeatable.",
        ),
        click.option(
            "--ask-engines",
            is_flag=True,
            help="Ask pods for facts that no manifest contains; requires get on pods/proxy.",
        ),
    )
    return chain(manifests, cluster)(with_input)
