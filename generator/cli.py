"""The command line: parses, calls the pipeline, prints, and maps to an exit code; no decision is made here.

Heavy imports happen inside the commands, so that `--help` and `--version` answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from . import __version__
from .errors import RoutesError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 the answer is no, 2 could not answer, 130 interrupted.

    Problems are printed to stderr, one line each. Anything unexpected is a bug: the traceback is shown, with code 70.
    """
    try:
        code = cli.main(args=list(argv) if argv is not None else None, prog_name="llmd-routes", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except RoutesError as error:
        for problem in error.problems:
            click.echo(f"error: {problem}", err=True)
        return 2
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return 2
    except click.ClickException as error:
        click.echo(f"error: {_one_line(error.format_message())}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:
        # The reader of the pipe has gone (`| head`): nothing to tell, and stdout must not be flushed again at exit.
        sys.stdout = None
        return 2
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo("error: this is a bug in llmd-routes; please report it with the lines above", err=True)
        return 70


def _one_line(message: str) -> str:
    return " ".join(message.split())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="llmd-routes %(version)s")
def cli() -> None:
    """Route an llm-d gateway by model and engine, from what is served."""
