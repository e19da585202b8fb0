"""The program itself: help, errors, exit codes, pipes."""

from __future__ import annotations

import errno
import os
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from zsbench import __version__
from zsbench.cli import app as program
from zsbench.cli.verbs import VERBS, load
from zsbench.errors import DifferenceFoundError, NothingToReportError, UsageError, ZsbenchError


def invoke(*arguments: str):
    return CliRunner().invoke(program.app, list(arguments))


def run(*arguments: str, **options):
    return subprocess.run(
        [sys.executable, "-m", "zsbench", *arguments], capture_output=True, text=True, timeout=60, **options
    )


@pytest.fixture
def raising(monkeypatch):
    """Let the verb `list` raise something."""

    def replace(error: BaseException) -> None:
        def verb() -> None:
            raise error

        alone = typer.Typer(add_completion=False)
        alone.command()(verb)
        monkeypatch.setattr(program, "load", lambda name: typer.main.get_command(alone))
        monkeypatch.setattr(sys, "argv", ["zsbench", "list"])

    monkeypatch.delenv("ZSBENCH_DEBUG", raising=False)
    return replace


def test_help_lists_the_verbs_in_their_order():
    lines = invoke("--help").stdout.partition("Commands:")[2].splitlines()
    listed = [line.split()[0] for line in lines if line.startswith("  ") and not line.startswith("   ")]
    assert listed == [
        "score",
        "correlate",
        "table",
        "reproduce",
        "report",
        "plot",
        "check",
        "list",
        "show",
        "scores",
        "data",
        "env",
    ]


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_the_summary_in_help_is_the_verbs_own_first_sentence(verb):
    own = load(verb.name).help or ""
    assert " ".join(own.partition("\n\n")[0].split()) == verb.summary


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_help_of_a_verb_is_plain_text(verb):
    done = invoke(verb.name, "--help")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"Usage: zsbench {verb.name} ")
    assert "─" not in done.stdout


def test_without_arguments_help_is_shown():
    done = invoke()
    assert "Commands:" in done.output
    assert done.exit_code == 2


def test_the_version_is_that_of_the_package():
    assert invoke("--version").stdout == f"zsbench {__version__}\n"


def test_an_unknown_verb_gets_a_suggestion():
    done = invoke("corelate")
    assert done.exit_code == 2
    assert "Did you mean 'correlate'" in done.stderr


@pytest.mark.parametrize("arguments", [["list", "--fromat", "json"], ["list", "nonsense"], ["show"]], ids=" ".join)
def test_wrong_usage_exits_with_2(arguments):
    done = invoke(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")


@pytest.mark.parametrize(
    ("error", "code"), [(ZsbenchError, 1), (UsageError, 2), (NothingToReportError, 3), (DifferenceFoundError, 4)]
)
def test_an_explained_error_is_a_line_a_hint_and_its_code(raising, error, code):
    raising(error("it is [bold]broken[/bold]", "mend [/it]"))
    done = invoke("list")
    assert done.exit_code == code
    assert done.stdout == ""
    assert done.stderr == "error: it is [bold]broken[/bold]\nhint: mend [/it]\n"


@pytest.mark.parametrize(
    "arguments", [["--debug", "show", "linear_region"], ["show", "linear_region", "--debug"]], ids=" ".join
)
def test_debug_shows_the_traceback_wherever_it_stands(arguments):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Traceback")
    assert done.stderr.endswith("error: unknown name 'linear_region'\nhint: did you mean linear_regions?\n")


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("", False)])
def test_the_environment_asks_for_tracebacks_too(value, shown):
    done = run("show", "linear_region", env={**os.environ, "ZSBENCH_DEBUG": value})
    assert ("Traceback" in done.stderr) == shown


def test_debug_after_a_double_dash_is_an_argument():
    done = run("show", "--", "--debug")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "'--debug'" in done.stderr


def test_an_interrupt_exits_with_130(raising):
    raising(KeyboardInterrupt())
    assert invoke("list").exit_code == 130


def test_something_unforeseen_is_called_a_bug_in_one_line(raising, capsys):
    raising(RuntimeError("the [sky] falls"))
    with pytest.raises(SystemExit) as stop:
        program.main()
    message, hint = capsys.readouterr().err.splitlines()
    assert stop.value.code == 1
    assert message == "error: RuntimeError: the [sky] falls"
    assert "bug" in hint
    assert "ZSBENCH_DEBUG=1" in hint


def test_a_failure_of_the_system_is_no_bug(raising, capsys):
    raising(OSError(errno.ENOSPC, "No space left on device", "scores.h5"))
    with pytest.raises(SystemExit) as stop:
        program.main()
    said = capsys.readouterr().err
    assert stop.value.code == 1
    assert "No space left on device: 'scores.h5'" in said
    assert "bug" not in said


@pytest.mark.parametrize("buffered", ["", "1"])
@pytest.mark.parametrize("arguments", [["list"], ["show", "snip"], ["list", "--format", "md"]], ids=" ".join)
def test_a_reader_that_leaves_early_is_no_error(arguments, buffered):
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "zsbench", *arguments],
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONUNBUFFERED": buffered},
    )
    os.close(writing)
    assert done.returncode == 0
    assert "Broken" not in done.stderr
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


WORKER_GONE = """
import errno, sys, typer
from zsbench.cli import app as program
def verb():
    raise BrokenPipeError(errno.EPIPE, "Broken pipe")
alone = typer.Typer(add_completion=False)
alone.command()(verb)
program.load = lambda name: typer.main.get_command(alone)
sys.argv = ["zsbench", "list"]
program.main()
"""


def test_a_broken_pipe_to_a_worker_is_not_taken_for_the_readers():
    done = subprocess.run([sys.executable, "-c", WORKER_GONE], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Broken pipe" in done.stderr


def test_python_m_zsbench_is_the_program():
    assert run("--version").stdout == f"zsbench {__version__}\n"
