"""`llmd-routes compare`: measure the engines of a model, and say which differences are significant."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from llmd_routes.errors import InputError
from llmd_routes.interrupts import INTERRUPTED

from .command import PlainCommand
from .endpoints import parse_api, parse_header
from .option_groups import section
from .stderr import print_lines, shows_progress

if TYPE_CHECKING:
    from llmd_routes.comparing.asking import Access, Ending
    from llmd_routes.comparing.comparison import Comparison
    from llmd_routes.comparing.replies import Plan, Reply
    from llmd_routes.comparing.schedule import Round

# The packages of the extra `compare`.
_PACKAGES: Final = ("httpx2", "matplotlib", "numpy", "scipy")

_request = section(
    "Request",
    click.option("-m", "--model", help="The model.  [default: the only one with several engines]"),
    click.option(
        "-e", "--engine", "engines", multiple=True, metavar="NAME", help="An engine; repeatable.  [default: all]"
    ),
    click.option(
        "--prompts",
        metavar="FILE|-",
        help='A prompt per line; in *.jsonl, {"prompt": "TEXT"} per line.  [default: different questions]',
    ),
    click.option(
        "--max-tokens", type=click.IntRange(1), default=100, show_default=True, help="The most tokens of an answer."
    ),
    click.option(
        "-H",
        "--header",
        "headers",
        multiple=True,
        metavar="'NAME: VALUE'",
        help="A header, such as an API key; repeatable.",
    ),
)
_measurement = section(
    "Measurement",
    click.option(
        "--requests", type=click.IntRange(1), default=100, show_default=True, help="The requests to each engine."
    ),
    click.option(
        "--concurrency", type=click.IntRange(1, 1000), default=1, show_default=True, help="The requests at a time."
    ),
    click.option(
        "--warm-up",
        type=click.IntRange(0),
        default=5,
        show_default=True,
        help="The first requests to each engine, which do not count.",
    ),
    click.option(
        "--time-limit", default="10m", show_default=True, metavar="DURATION", help="When to stop, and print the result."
    ),
)


@click.command(cls=PlainCommand)
@click.argument("url")
@_request
@_measurement
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "csv", "html"]),
    default="table",
    show_default=True,
    help="The output format; csv has each reply, html is a page with plots.",
)
def compare(url: str, prompts: str | None, headers: tuple[str, ...], time_limit: str, output: str, **asked: Any) -> int:
    """Compare the engines of a model through a Gateway.

    Sends the same prompts to each engine, measures the streams of their answers, and tests which differences are
    significant. This costs tokens. Ctrl-C prints the result so far. Exits with 1 if an engine never answers.

    For example: llmd-routes compare http://HOST --model MODEL -o html > report.html
    """
    from llmd_routes.comparing.asking import Access, fetch_entries
    from llmd_routes.comparing.candidates import choose
    from llmd_routes.comparing.comparison import Comparison
    from llmd_routes.comparing.replies import Plan
    from llmd_routes.comparing.report import as_text
    from llmd_routes.comparing.schedule import plan_rounds
    from llmd_routes.quantities import seconds

    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        raise InputError(f"compare: needs {', '.join(missing)}; run pip install '.[compare]' in a clone of llmd-routes")
    limit = seconds(time_limit)
    if not limit:
        raise InputError(f"--time-limit {time_limit}: invalid duration; use a duration such as 90s or 10m")
    names = ("requests", "concurrency", "warm_up", "max_tokens")
    plan = Plan(parse_api(url), "", (), **{name: asked[name] for name in names})
    access = Access(dict(parse_header("--header", text) for text in headers))
    texts = _prompts(prompts, plan.warm_up + plan.requests)
    model, engines = choose(fetch_entries(plan.url, access), asked["model"], asked["engines"])
    plan = replace(plan, model=model, engines=engines)
    rounds = plan_rounds(engines, texts, plan.requests, plan.warm_up)
    print_lines([_announcement(plan, len(rounds))])
    ending, replies = _measure(plan, access, rounds, limit)
    comparison = Comparison(plan, tuple(replies), ending == "complete")
    print_lines(_endings(comparison, ending, time_limit))
    click.echo(as_text(comparison, output), nl=False)
    return INTERRUPTED if ending == "interrupted" else int(bool(comparison.failed()))


def _prompts(path: str | None, count: int) -> list[str]:
    """Return the prompts of a file, or of stdin; without a file, as many as are sent."""
    from llmd_routes.comparing.prompts import make_prompts, read_prompts
    from llmd_routes.reading.text_files import read_file

    if path is None:
        return make_prompts(count)
    if path == "-":
        return read_prompts(sys.stdin.read(), "stdin")
    prompts = read_prompts(read_file(Path(path), path), path)
    if len(set(prompts)) < count:
        print_lines([f"{path}: has {len(set(prompts))} prompts for {count} requests; engines may answer from a cache"])
    return prompts


def _announcement(plan: Plan, rounds: int) -> str:
    engines = ", ".join(plan.engines)
    return (
        f"compare: sends {rounds} requests for {plan.model} to each of {engines} at {plan.url}; "
        f"an answer has at most {plan.max_tokens} tokens"
    )


def _measure(plan: Plan, access: Access, rounds: list[Round], limit: float) -> tuple[Ending, list[Reply]]:
    """Send the requests of all rounds, with a progress bar on a terminal, and return the replies that count."""
    from llmd_routes.comparing.asking import ask_rounds

    replies: list[Reply] = []
    total = len(rounds) * len(plan.engines)
    with click.progressbar(length=total, label="comparing", file=sys.stderr, hidden=not shows_progress()) as bar:

        def report(asked: Round, reply: Reply) -> None:
            replies.extend(() if asked.warm_up else (reply,))
            bar.update(1)

        ending = asyncio.run(ask_rounds(plan, access, rounds, limit, report))
    return ending, replies


def _endings(comparison: Comparison, ending: Ending, time_limit: str) -> list[str]:
    """Return what a person should know about a comparison that has no replies of an engine, or not all."""
    plan = comparison.plan
    total = plan.requests * len(plan.engines)
    reasons = {"late": f"the time limit of {time_limit} was reached", "interrupted": "interrupted"}
    count = f"{len(comparison.replies)} of {total} replies"
    lines = [] if ending == "complete" else [f"compare: {reasons[ending]}, with {count}"]
    return lines + [f"compare: {engine}: no request was answered" for engine in comparison.failed()]
