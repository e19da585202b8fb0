"""Recompute the answers that stand in a document: `python docs/refresh.py docs/findings.md [--check]`.

A block fenced as "py answer" is run; its last expression, a data frame, replaces what stands between the block and the
next `<!-- end -->`. So does the output of a command fenced as "sh answer". Scores come from `results/baselines`, unless
ZSBENCH_RESULTS says otherwise. An answer that needs an accuracy that is not installed is left as it stands, and named.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

import zsbench
from zsbench.errors import ZsbenchError

SHIPPED = Path(__file__).parents[1] / "results" / "baselines" / "nb201.h5"
ANSWER = re.compile(
    r"(```(?P<language>py|sh) answer\n(?P<code>.*?)```\n)(?P<answer>.*?)(?P<end><!-- end -->)", re.DOTALL
)


def refreshed(text: str) -> tuple[str, list[str]]:
    """Return a document with its answers recomputed, and why some could not be."""
    left: list[str] = []

    def answer(match: re.Match[str]) -> str:
        try:
            found = output(match["code"]) if match["language"] == "sh" else as_markdown(run(match["code"]))
            return f"{match[1]}\n{found}\n\n{match['end']}"
        except ZsbenchError as error:
            left.append(f"{error.message} ({error.hint})")
            return match[0]

    return ANSWER.sub(answer, text), left


def run(code: str) -> pd.DataFrame:
    """Run a block; return the value of its last expression."""
    *before, last = ast.parse(code).body
    assert isinstance(last, ast.Expr), "a block ends in an expression"
    names: dict[str, Any] = {"zsbench": zsbench, "pd": pd, "beside": beside, "less_params": less_params}
    exec(compile(ast.Module(before, []), "<answer>", "exec"), names)
    frame: pd.DataFrame = eval(compile(ast.Expression(last.value), "<answer>", "eval"), names)
    return frame


def output(command: str) -> str:
    """Run a `zsbench` command; return what it prints, without its title and without the day the truth was imported."""
    words = shlex.split(command)[1:]
    done = subprocess.run([sys.executable, "-m", "zsbench", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ZsbenchError(done.stderr.strip())
    paragraphs = done.stdout.partition("\n")[2].strip().split("\n\n")
    return "\n\n".join(text for text in paragraphs if not text.startswith("Target "))


def less_params(frame: pd.DataFrame) -> pd.DataFrame:
    """Return differences from `params`, with p by Holm; one row a proxy, two columns a target and regime."""
    found = frame[frame["statistic"] == "kendall-vs-params"]
    several = len(frame["target"].unique()) > 1
    where = found["target"] + ", " + found["regime"] if several else found["regime"]
    wide = found.assign(where=where).pivot(index="proxy", columns="where", values=["value", "p_holm"])
    first, *_ = kept = list(dict.fromkeys(where))
    shown = {}
    for key in kept:
        shown[key] = [f"{value:+.3f}" for value in wide["value"][key]]
        shown[f"p ({key})"] = ["<.001" if p < 0.001 else f"{p:.3f}" for p in wide["p_holm"][key]]
    order = wide["value"][first].sort_values(ascending=False).index
    return pd.DataFrame(shown, index=wide.index).loc[order].reset_index()


def beside(frame: pd.DataFrame, columns: str | list[str] = "regime", rows: str = "proxy") -> pd.DataFrame:
    """Return statistics with their intervals, one row a proxy, one column a regime; ordered by the first column."""
    shown = frame.assign(
        shown=[
            f"{v:.3f}" + ("" if pd.isna(low) else f" [{low:.3f}, {high:.3f}]")
            for v, low, high in zip(frame["value"], frame["low"], frame["high"], strict=True)
        ]
    )
    wide = shown.pivot(index=rows, columns=columns, values="shown")
    order = frame.pivot(index=rows, columns=columns, values="value")
    first = frame[columns].iloc[0]
    first = first if isinstance(columns, str) else tuple(first)
    wanted = (
        frame[[columns] if isinstance(columns, str) else columns].drop_duplicates().itertuples(index=False, name=None)
    )
    kept = [key[0] if isinstance(columns, str) else key for key in wanted]
    wide = wide.loc[order[first].sort_values(ascending=False).index, kept]
    wide.columns = [key if isinstance(key, str) else ", ".join(key) for key in wide.columns]
    return wide.fillna("–").reset_index()


def as_markdown(frame: pd.DataFrame) -> str:
    """Return a data frame as a table; floats with three decimals."""
    rows = [[f"{v:.3f}" if isinstance(v, float) else str(v) for v in row] for row in frame.itertuples(index=False)]
    head = [str(column) for column in frame.columns]
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows])


@contextmanager
def scores() -> Iterator[None]:
    """Make the scores that come with zsbench the stored ones, unless the environment names others."""
    if "ZSBENCH_RESULTS" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ZSBENCH_RESULTS"] = folder
        subprocess.run([sys.executable, "-m", "zsbench", "scores", "import", str(SHIPPED)], check=True)
        try:
            yield
        finally:
            del os.environ["ZSBENCH_RESULTS"]


def main() -> int:
    """Refresh, or with --check only compare; return 4 where a document says something else than the scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    stale = 0
    with scores():
        for path in given.documents:
            text = path.read_text(encoding="utf-8")
            new, left = refreshed(text)
            for reason in left:
                print(f"{path}: an answer left as it stands: {reason}", file=sys.stderr)
            stale += new != text
            if not given.check:
                path.write_text(new, encoding="utf-8")
            elif new != text:
                print(f"{path}: the scores say something else: python docs/refresh.py {path}", file=sys.stderr)
    return 4 if given.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
