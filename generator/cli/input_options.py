"""The options that say where objects are read from, shared by all commands."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import fields
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from .command import settings_of
from .option_groups import Command, chain, section

# Sources whose values the command line replaces.
_STANDING: Final = (ParameterSource.ENVIRONMENT, ParameterSource.DEFAULT_MAP)
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


_RESTRICTED: Final = click.option(
    "--restricted",
    is_flag=True,
    help="Reject settings that access other files or a cluster, overwrite objects, or skip TLS checks.",
)


def _files(metavar: str, text: str) -> Callable[[Command], Command]:
    return click.option("-f", "--filename", "files", multiple=True, metavar=metavar, help=text)


def beside_options(command: Command) -> Command:
    """Add the options about the context of manifests on stdin; the command receives them as one `Beside`."""

    @wraps(command)
    def with_beside(**given: Any) -> Any:
        # Imported here so that --help answers at once.
        from llmd_routes.reading.request import Beside

        named = {entry.name: given.pop(entry.name) for entry in fields(Beside) if entry.name in given}
        return command(Beside(**named, settings=settings_of(click.get_current_context())), **given)

    return section(
        "Input",
        _files("FILE|DIR", "Existing objects such as the Gateway, which are read and not printed; repeatable."),
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


def _chosen(named: dict[str, Any], standing: Collection[str]) -> dict[str, Any]:
    """Return values in which -A or -n of the command line replaces the other one from other places."""
    pair = ("all_namespaces", "namespaces")
    for one, other in (pair, pair[::-1]):
        if named[one] and one not in standing and other in standing:
            return {**named, other: () if other == "namespaces" else False}
    return named


# For commands that route or show individual ModelServices.
selector_option: Final = section(
    "Input",
    click.option(
        "-l",
        "--selector",
        metavar="SELECTOR",
        help="Only ModelServices with a workload that has these labels, as kubectl -l selects.",
    ),
)


def input_options(command: Command) -> Command:
    """Add the options that select the source of objects; the command receives them as one `Input`."""

    @wraps(command)
    def with_input(**given: Any) -> Any:
        from llmd_routes.reading.request import Input

        named = {entry.name: given.pop(entry.name) for entry in fields(Input) if entry.name in given}
        given.pop("restricted", None)  # already used when the settings were read
        context = click.get_current_context()
        standing = frozenset(name for name in named if context.get_parameter_source(name) in _STANDING)
        source = Input(**_chosen(named, standing), standing=standing, settings=settings_of(context))
        return command(source, **given)

    manifests = section(
        "Input",
        _files("FILE|DIR|-", "Read these manifests instead of a cluster; repeatable."),
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
        _RESTRICTED,
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
