"""LaTeX with booktabs: one floating table, title and captions in its caption."""

from __future__ import annotations

from collections.abc import Sequence

from zsbench.render.cells import for_people, numeric
from zsbench.tables import Table


def tex(table: Table) -> str:
    """Return a `table` environment that needs the package booktabs."""
    columns, rows = for_people(table)
    right = numeric(table)
    lines = [r"% needs \usepackage{booktabs}", r"\begin{table}", r"\centering"]
    if caption := " ".join(_sentence(part) for part in (table.title, *table.captions) if part):
        lines.append(rf"\caption{{{_escape(caption)}}}")
    lines += [rf"\begin{{tabular}}{{{''.join('r' if r else 'l' for r in right)}}}", r"\toprule"]
    lines += [_row([column.name for column in columns]), r"\midrule"]
    lines += [_row(row) for row in rows]
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _row(cells: Sequence[str]) -> str:
    # Braces keep a leading '[' from being read as the optional argument of the line break before it.
    escaped = [f"{{{text}}}" if text.startswith("[") else text for text in map(_escape, cells)]
    return " & ".join(escaped) + r" \\"


_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "τ": r"$\tau$",
    "ρ": r"$\rho$",
    "±": r"$\pm$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "×": r"$\times$",
    "√": r"$\surd$",
    "–": "--",
    "\n": " ",
} | {mark: "\\" + mark for mark in "&%$#_{}"}


def _escape(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in text)
