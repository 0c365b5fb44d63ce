"""The command line of the services: parses, calls, prints, and maps to an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import click


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code: 0 done, 2 could not start, 130 interrupted."""
    try:
        cli.main(args=list(argv) if argv is not None else None, prog_name="llmd-routes-sidecar", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        click.echo(f"error: {' '.join(error.format_message().split())}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    return 0


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="llmd-routes", message="llmd-routes-sidecar %(version)s")
def cli() -> None:
    """Serve an llm-d gateway: a models server, and services that read bodies."""


_Command = Callable[..., None]


def _port(number: int, text: str, name: str = "--port") -> Callable[[_Command], _Command]:
    """Return an option for a port; 0 lets the system choose."""
    return click.option(name, type=click.IntRange(0, 65535), default=number, show_default=True, help=text)


_inner_port = _port(9090, "The port of /health, /readyz and /metrics.", "--inner-port")
_path_prefix = click.option(
    "--path-prefix",
    "prefixes",
    multiple=True,
    default=("/v1",),
    show_default=True,
    metavar="PATH",
    help="A path prefix of the routes; repeatable.",
)


@cli.command()
@click.option(
    "--catalog",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    required=True,
    metavar="DIR",
    help="The directory of the catalog (*.json); changed files are read again.",
)
@_port(8000, "The port for clients.")
@_inner_port
@_path_prefix
@click.option(
    "--body-limit",
    type=click.IntRange(1),
    metavar="BYTES",
    help="The largest body that the gateway reads, for the message of 413.",
)
@click.option(
    "--cors-origin", "origins", multiple=True, metavar="ORIGIN", help="Allow web pages of this origin; repeatable."
)
@click.option("--watch-pods", is_flag=True, help="Watch the pods of the catalog, and ask them which models they serve.")
@click.option(
    "--secrets",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="DIR",
    help="The directory of the certificates and API keys that the catalog references.",
)
@click.option(
    "--ask-every",
    "period",
    type=click.FloatRange(0.1),
    default=15.0,
    show_default=True,
    metavar="SECONDS",
    help="The interval between two requests to one engine.",
)
@click.option(
    "--admin-token-file",
    "admin_token",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The file with the token for the /admin paths; without it they are disabled.",
)
@click.option(
    "--settings",
    metavar="NS/NAME",
    help="The ConfigMap of a controller, which operators change with /admin/api/routing.",
)
def models(
    catalog: Path,
    port: int,
    inner_port: int,
    prefixes: tuple[str, ...],
    body_limit: int | None,
    origins: tuple[str, ...],
    watch_pods: bool,
    secrets: Path | None,
    period: float,
    admin_token: Path | None,
    settings: str | None,
) -> None:
    """Answer the list of models, and requests that no engine serves."""
    try:
        from .catalog_files import CatalogError
        from .models_server import Sources, serve
        from .pods import WatchError
    except ImportError as error:
        raise _not_installed(error) from None
    from .extraction import Settings

    place = _place(settings, admin_token)
    reading = Settings(prefixes=prefixes, body_limit=body_limit or sys.maxsize)
    try:
        serve(Sources(catalog, watch_pods, secrets, period, admin_token, place), port, inner_port, reading, origins)
    except (CatalogError, WatchError, OSError) as error:
        raise click.ClickException(str(error)) from None


def _place(settings: str | None, admin_token: Path | None) -> tuple[str, str] | None:
    """Return the namespace and the name of a ConfigMap."""
    if settings is None:
        return None
    namespace, _, name = settings.partition("/")
    if not namespace or not name or "/" in name:
        raise click.UsageError(f"--settings {settings}: use NAMESPACE/NAME")
    if admin_token is None:
        raise click.UsageError("--settings: applies only with --admin-token-file; pass it too")
    return namespace, name


_READING: Final = (
    click.option(
        "--hostname",
        "hosts",
        multiple=True,
        metavar="HOST",
        help="A hostname of the routes, which may begin with *.; repeatable.  [default: all]",
    ),
    _path_prefix,
    click.option(
        "--body-limit",
        type=click.IntRange(1, 1024**3),
        default=32 * 1024 * 1024,
        show_default=True,
        metavar="BYTES",
        help="The largest body that is read; larger ones get 413.",
    ),
    click.option(
        "--held-limit",
        type=click.IntRange(1),
        default=256 * 1024 * 1024,
        show_default=True,
        metavar="BYTES",
        help="The memory for the bodies of all requests; requests above it get 503.",
    ),
    click.option(
        "--split",
        "splits",
        nargs=2,
        multiple=True,
        metavar="MODEL OWNER=N,...",
        help="Split requests for a model that name no engine by weight; repeatable.",
    ),
    click.option("--keep-query", is_flag=True, help="Keep the query string of POST requests."),
)


def _reading_options(command: _Command) -> _Command:
    """Add the options of the services that read bodies."""
    for option in reversed(_READING):
        command = option(command)
    return command


@cli.command(name="ext-proc")
@_port(9004, "The port for the gateway.")
@_port(9005, "The port of gRPC health checks.", "--health-port")
@_port(9090, "The port of Prometheus metrics.", "--metrics-port")
@_reading_options
@click.option("--strip-engine-fields", is_flag=True, help="Remove the fields that name the engine from JSON bodies.")
@click.option(
    "--tls-cert",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A certificate (PEM); without it, no TLS.",
)
@click.option(
    "--tls-key", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="The key of the certificate (PEM)."
)
@click.option("--tls-self-signed", is_flag=True, help="Serve TLS with a self-signed certificate.")
def ext_proc(
    port: int,
    health_port: int,
    metrics_port: int,
    hosts: tuple[str, ...],
    prefixes: tuple[str, ...],
    body_limit: int,
    held_limit: int,
    keep_query: bool,
    splits: tuple[tuple[str, str], ...],
    strip_engine_fields: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    tls_self_signed: bool,
) -> None:
    """Tell a gateway the model and the engine of requests, from their bodies."""
    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key go together; give both")
    if tls_cert and tls_self_signed:
        raise click.UsageError("--tls-self-signed: is instead of --tls-cert; leave one out")
    try:
        from .certificates import given, self_signed
        from .ext_proc_server import Ports, serve
    except ImportError as error:
        raise _not_installed(error) from None
    from .extraction import Settings

    settings = Settings(hosts, prefixes, body_limit, keep_query, _by_model(splits), strip_engine_fields)
    try:
        certificate = given(tls_cert, tls_key) if tls_cert and tls_key else self_signed() if tls_self_signed else None
        serve(settings, held_limit, Ports(port, health_port, metrics_port), certificate)
    except OSError as error:
        raise click.ClickException(str(error)) from None


@cli.command(name="ext-authz")
@_port(9003, "The port for the gateway.")
@_inner_port
@_reading_options
def ext_authz(
    port: int,
    inner_port: int,
    hosts: tuple[str, ...],
    prefixes: tuple[str, ...],
    body_limit: int,
    held_limit: int,
    keep_query: bool,
    splits: tuple[tuple[str, str], ...],
) -> None:
    """Tell a gateway the model and the engine of requests over HTTP; it cannot change bodies."""
    try:
        from .ext_authz_server import serve
    except ImportError as error:
        raise _not_installed(error) from None
    from .extraction import Settings

    settings = Settings(hosts, prefixes, body_limit, keep_query, _by_model(splits))
    try:
        serve(settings, held_limit, port, inner_port)
    except OSError as error:
        raise click.ClickException(str(error)) from None


def _by_model(splits: tuple[tuple[str, str], ...]) -> dict[str, dict[str, int]]:
    return {model: _weights(said) for model, said in splits}


def _weights(said: str) -> dict[str, int]:
    found = {}
    for part in said.split(","):
        owner, _, weight = part.rpartition("=")
        found[owner] = int(weight) if owner and weight.isascii() and weight.isdigit() else -1
    if min(found.values()) < 0 or not any(found.values()):
        raise click.UsageError(f"--split {said}: no weights; give such as vllm=80,sglang=20")
    return found


def _not_installed(error: ImportError) -> click.ClickException:
    return click.ClickException(f"{error.name} is not installed; install llmd-routes with its extra `sidecar`")
