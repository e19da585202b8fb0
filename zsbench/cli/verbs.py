"""The verbs of the program: where each lives, and the line that stands for it in `zsbench --help`."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup


@dataclass(frozen=True)
class Verb:
    """A verb: `target` is `module:function`, or `module:app` for one with verbs of its own."""

    name: str
    target: str
    summary: str
    """The first line of its docstring, written again so that help needs no import (a test compares them)."""


VERBS = (
    Verb("score", "zsbench.cli.score:score", "Compute scores; what is stored already is not repeated."),
    Verb("correlate", "zsbench.cli.correlate:correlate", "Correlate everything stored with accuracy."),
    Verb("table", "zsbench.cli.table:table", "Print a named table: published values beside ours."),
    Verb(
        "reproduce",
        "zsbench.cli.reproduce:reproduce",
        "Make every named table that the stored scores allow, and count the cells that agree with print.",
    ),
    Verb(
        "report",
        "zsbench.cli.report:report",
        "Make one offline page of everything stored: findings, figures, tables, provenance.",
    ),
    Verb("plot", "zsbench.cli.plot:plot", "Draw one figure: a file to print, to show, to put into a paper."),
    Verb("check", "zsbench.cli.check:check", "Hold proxies against a recorded baseline: has any ranking moved?"),
    Verb("list", "zsbench.cli.listing:listing", "List spaces, proxies, targets, tables, figures or protocols."),
    Verb("show", "zsbench.cli.show:show", "Show a proxy, space, architecture or protocol in full."),
    Verb("scores", "zsbench.cli.scores:app", "Look after the store of scores."),
    Verb("data", "zsbench.cli.data:app", "Benchmark files: where from, licence, checksums; fetch, import, verify."),
    Verb("env", "zsbench.cli.env:env", "Show versions, devices, folders and what is installed."),
)


def load(name: str) -> Any:
    """Import the verb called `name` and return its command."""
    verb = next(verb for verb in VERBS if verb.name == name)
    module, _, attribute = verb.target.partition(":")
    item = getattr(importlib.import_module(module), attribute)
    if isinstance(item, typer.Typer):
        command: Any = typer.main.get_group(item)
    else:
        alone = typer.Typer(add_completion=False)
        alone.command(name)(item)
        command = typer.main.get_command(alone)
    command.name = name
    _make_plain(command)
    return command


def _make_plain(command: Any) -> None:
    """Print help as plain text: quick, readable in a pipe, and square brackets stay what they are."""
    command.rich_markup_mode = None
    if isinstance(command, TyperGroup):
        for verb in command.commands.values():
            _make_plain(verb)
