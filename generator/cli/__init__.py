"""The command line: parses, calls the pipeline, prints, and maps to an exit code; no decision is made here.

Each command is a module of its own.

Heavy imports happen inside the commands, so that `--help` and `--version` answer at once.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

import click

from llmd_routes import __version__
from llmd_routes.errors import RoutesError
from llmd_routes.problems import Problem

from .compare import compare
from .controller import controller
from .diff import diff
from .discover import discover
from .doctor import doctor
from .explain import explain
from .generate import generate
from .graph import graph
from .krm import krm
from .label import label
from .option_groups import name_variables
from .post_render import post_render
from .standard_output import UNWRITABLE, ClosedOutput
from .status import status
from .stderr import color_option, print_errors, quiet_option, verbose_option
from .usage import usage_problem


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 the answer is no, 2 could not answer, 130 interrupted.

    Problems are printed to stderr. Anything unexpected is a bug: the traceback is shown, with code 70.
    """
    # A short run creates millions of small objects that live until it ends, so frequent garbage collection costs more
    # than it frees.
    gc.set_threshold(20_000, 20, 20)
    if sys.stdout is None:
        sys.stdout = ClosedOutput()
    try:
        code = cli.main(args=list(argv) if argv is not None else None, prog_name="llmd-routes", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except (click.Abort, KeyboardInterrupt):
        return 130
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not error.code:
            return 0  # a completion script was printed
        # The reader of the pipe has gone (`| head`), which click turns into an exit with 1, our "the answer is no".
        # There is nothing to tell, and stdout must not be flushed again at the end.
        sys.stdout = None
        return 2
    except Exception as error:
        if isinstance(error, click.exceptions.NoArgsIsHelpError):
            click.echo(error.format_message(), err=True)
            return 2
        problems = _problems_of(error)
        print_errors(problems)
        return 2 if problems else _report_bug()


def _problems_of(error: Exception) -> tuple[Problem, ...]:
    """Return the problems of an error that a user can correct, none for a bug."""
    match error:
        case RoutesError():
            return error.problems
        case click.ClickException():
            return (usage_problem(error),)
        case RecursionError():
            return (Problem("", "an object of the input is nested too deeply", "flatten the object"),)
        case OSError() if error.filename is None and error.errno in UNWRITABLE:
            # Stdout must not be flushed again at the end.
            sys.stdout = None
            return (Problem("stdout", f"cannot be written: {(error.strerror or '').lower()}", ""),)
    return ()


def _report_bug() -> int:
    """Print the traceback of the current exception, and return the exit code of bugs."""
    import traceback

    traceback.print_exc()
    print_errors([Problem("", "this is a bug in llmd-routes", "report it with the lines above")])
    return 70


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="llmd-routes %(version)s")
def cli() -> None:
    """Route an llm-d gateway by model and engine.

    Start with discover, then pipe generate to kubectl apply. Every option has an environment variable, such as
    LLMD_ROUTES_CONTEXT for --context; the option wins.
    """


@cli.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> int:
    """Print the completion script of a shell.

    For example: source <(llmd-routes completion bash)
    """
    from click.shell_completion import get_completion_class

    completer = get_completion_class(shell)
    assert completer is not None
    script = completer(cli, {}, "llmd-routes", "_LLMD_ROUTES_COMPLETE").source()
    click.echo(script, nl=not script.endswith("\n"))
    return 0


_ASKING = (discover, diff, status, doctor, explain, graph, compare)
for _command in (*_ASKING, generate, label, post_render, krm, controller):
    cli.add_command(_command)
    _command.params += [color_option(), quiet_option(), verbose_option()]
    name_variables(_command)
