"""LaTeX with booktabs: one floating table, title and captions in its caption; best bold, second best underlined."""

from __future__ import annotations

from collections.abc import Sequence

from zsbench.render.cells import for_people, is_missing, numeric
from zsbench.tables import Column, Table


def tex(table: Table) -> str:
    """Return a `table` environment that needs the package booktabs."""
    columns, rows = for_people(table)
    right = numeric(table)
    lines = [r"% needs \usepackage{booktabs}", r"\begin{table}", r"\centering"]
    if caption := " ".join(_sentence(part) for part in (table.title, *table.captions) if part):
        lines.append(rf"\caption{{{_escape(caption)}}}")
    lines += [rf"\begin{{tabular}}{{{''.join('r' if r else 'l' for r in right)}}}", r"\toprule"]
    lines += [_row([_escape(column.name) for column in columns]), r"\midrule"]
    marked = [_marked(column, [row[i] for row in rows], _numbers(table, column)) for i, column in enumerate(columns)]
    lines += [_row(row) for row in zip(*marked, strict=True)]
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{table}"]
    return "\n".join(lines) + "\n"


def _numbers(table: Table, column: Column) -> list[float | None]:
    """Return a column's numbers, row by row; None where there is none."""
    place = table.columns.index(column)
    cells = (row[place] for row in table.rows)
    return [float(cell) if isinstance(cell, int | float) and not is_missing(cell) else None for cell in cells]


def _marked(column: Column, texts: Sequence[str], numbers: Sequence[float | None]) -> list[str]:
    """Return the cells of a column as LaTeX: where rows compete, what reads like the best is bold, the next underlined.

    Values that are shown alike are alike: all of them are best, or second.
    """
    escaped = [_escape(text) for text in texts]
    if not column.best:
        return escaped
    sign = -1 if column.best == "high" else 1
    known = sorted({(sign * number, text) for number, text in zip(numbers, texts, strict=True) if number is not None})
    ranked = list(dict.fromkeys(text for _, text in known))
    styles = dict(zip(ranked, (r"\textbf", r"\underline"), strict=False)) if len(ranked) > 1 else {}
    return [f"{styles[raw]}{{{text}}}" if raw in styles else text for raw, text in zip(texts, escaped, strict=True)]


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _row(cells: Sequence[str]) -> str:
    # Braces keep a leading '[' from being read as the optional argument of the line break before it.
    return " & ".join(f"{{{text}}}" if text.startswith("[") else text for text in cells) + r" \\"


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
