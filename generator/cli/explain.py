"""`llmd-routes explain`: predict where a request goes."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from llmd_routes.errors import InputError

from .command import SectionedCommand
from .input_options import input_options
from .option_groups import section
from .plan_options import gateway_option, implementation_option
from .progress import progress

if TYPE_CHECKING:
    from llmd_routes.reading.request import Input

_request = section(
    "Request",
    click.option(
        "-X", "--request", "method", metavar="METHOD", help="The method.  [default: POST with data, else GET]"
    ),
    click.option("-H", "--header", "headers", multiple=True, metavar="'NAME: VALUE'", help="A header; repeatable."),
    click.option(
        "-d",
        "--data",
        "data",
        multiple=True,
        metavar="DATA|@FILE",
        help="The body, as for curl; a JSON object is sent as JSON; repeatable.",
    ),
    click.option("--json", "json", metavar="DATA|@FILE", help="The body as JSON, as curl --json sends it."),
    click.option("-F", "--form", "form", multiple=True, metavar="NAME=VALUE", help="A field of a form; repeatable."),
    click.option("--curl", metavar="COMMAND", help="A whole command of curl instead, quoted as one word."),
)
_gateway = section(
    "Gateway",
    gateway_option("The Gateway that gets the request; of several, the one with the address.  [default: the only one]"),
    implementation_option("The implementation of the Gateway, if its class does not identify it."),
)


@click.command(cls=SectionedCommand)
@click.argument("url", required=False)
@_request
@_gateway
@input_options
@click.option(
    "-o",
    "--output",
    type=click.Choice(["text", "wide", "json", "yaml"]),
    default="text",
    show_default=True,
    help="The output format; wide also prints the rules that do not match.",
)
def explain(
    source: Input,
    url: str | None,
    method: str | None,
    headers: tuple[str, ...],
    data: tuple[str, ...],
    json: str | None,
    form: tuple[str, ...],
    curl: str | None,
    gateways: tuple[str, ...],
    implementation: str | None,
    output: str,
) -> int:
    """Explain where a request goes, and why.

    Write the request as for curl; nothing is sent. Objects come from the cluster or from files, also from the output of
    generate. Exits with 1 if no engine gets the request.

    For example: llmd-routes explain http://HOST/v1/chat/completions --json '{"model": "m", "owned_by": "vllm"}'
    """
    from llmd_routes.explaining.entrances import choose_door, find_doors
    from llmd_routes.explaining.explain import explain as explain_request
    from llmd_routes.explaining.surroundings import surroundings
    from llmd_routes.output.explanation import as_text
    from llmd_routes.reading.curl import read_request
    from llmd_routes.reading.curl_options import words_of
    from llmd_routes.reading.prepared import prepare
    from llmd_routes.reading.text_files import read_bytes

    words = _words(url, {"-X": method, "-H": headers, "-d": data, "--json": json, "-F": form})
    if curl is not None:
        if words:
            raise InputError("--curl: holds the whole request; remove the URL and the other parts of the request")
        words = words_of(curl)
    request = read_request(words, lambda path: read_bytes(path, sys.stdin), assumes_json=curl is None)
    with progress("reading"):
        prepared = prepare(source, gateways)
    objects, scope = prepared.reading.objects, prepared.scope
    around = surroundings(prepared.inventory(), objects, scope, is_live=not source.files)
    doors = find_doors(around.inventory, around.objects, implementation)
    door = choose_door(doors, gateways, request.address, scope.namespaces)
    explanation = explain_request(request, door, around)
    click.echo(as_text(explanation, output), nl=False)
    return 0 if explanation.outcome.status is None or explanation.outcome.status < 400 else 1


def _words(url: str | None, options: dict[str, str | tuple[str, ...] | None]) -> list[str]:
    """Return the words that curl would get."""
    words = [] if url is None else [url]
    for name, given in options.items():
        for value in (given,) if isinstance(given, str) else given or ():
            words += [name, value]
    return words
