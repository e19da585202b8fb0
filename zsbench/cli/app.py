"""The program `zsbench`: its verbs, loaded one at a time, and what becomes of an error."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from zsbench import __version__
from zsbench.cli import complaints
from zsbench.cli.verbs import VERBS, load
from zsbench.errors import ZsbenchError

INTERRUPTED = 130


class Verbs(TyperGroup):
    """The verbs in their order; a verb's module is imported when it runs, so that help starts at once.

    Contexts are `Any`: older releases of typer take them from click, newer ones keep their type private.
    """

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        for verb in VERBS:
            self.add_command(TyperCommand(verb.name, short_help=verb.summary))

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `--debug` wherever it stands before a `--`."""
        end = args.index("--") if "--" in args else len(args)
        if "--debug" in args[:end]:
            args = ["--debug", *(word for word in args[:end] if word != "--debug"), *args[end:]]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """Put the verb itself in the place of the summary that stands for it."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else command, rest

    def invoke(self, ctx: Any) -> Any:
        """Run a verb; an explained error becomes a line, a hint and its exit code."""
        try:
            return super().invoke(ctx)
        except ZsbenchError as error:
            complaints.explain(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error
        except BrokenPipeError as error:
            if not complaints.reader_left():
                complaints.report_crash(error)
                raise typer.Exit(1) from error
            complaints.silence_stdout()
            raise typer.Exit(0) from error  # the reader has what it wanted


app = typer.Typer(
    name="zsbench", cls=Verbs, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _wish_tracebacks(wanted: bool) -> None:
    if wanted:
        os.environ["ZSBENCH_DEBUG"] = "1"


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zsbench {__version__}")
        raise typer.Exit


@app.callback()
def zsbench(
    *,
    debug: Annotated[
        bool, typer.Option("--debug", callback=_wish_tracebacks, help="Show tracebacks (or ZSBENCH_DEBUG=1).")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Score neural architectures without training, and see how far the ranking can be trusted.

    Start with `zsbench score --sample 150`, then `zsbench correlate`. Data goes to stdout, everything else to stderr.
    """


def main() -> None:
    """Run the program; exit with 0 done, 1 error, 2 usage, 3 nothing to report, 4 difference found, 130 interrupted."""
    # numpy's idle BLAS threads would burn .13 s at every start, and their number could change the last bits of a score.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    warnings.showwarning = complaints.show_warning
    complaints.show_log()
    try:
        app(prog_name="zsbench")
    except Exception as error:  # noqa: BLE001 (the outermost frame: whatever it is, a person reads one line)
        complaints.report_crash(error)
        sys.exit(1)
