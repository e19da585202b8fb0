"""Tables of correlations as people read them: a section a dataset, population and statistic, or matrices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zsbench.tables.captions import heading
from zsbench.tables.comparison.plan import Plan, asked
from zsbench.tables.comparison.rows import WIDER
from zsbench.tables.table import Cell, Column, Table
from zsbench.tables.verdict import Outcome, outcome_of

_Record = Mapping[str, Cell]
_KEYS = ("space", "dataset", "target", "population", "sample", "statistic")
_ELSEWHERE = ("space", "dataset", "target", "population", "statistic", "proxy", "published", "verdict")


def people_views(layout: Mapping[str, Any], table: Table) -> list[Table]:
    """Return a made table in parts that fit a page; what it is over, and how to read it, stands below the last."""
    plan = Plan.of(layout, "")
    records = table.records()
    views = _matrices(plan, records) if plan.view == "matrix" else _sections(records)
    if not views:
        return [table]
    first, last = views[0], views[-1]
    if first is last:
        return [Table(f"{table.title}: {first.title}", first.columns, first.rows, (*first.captions, *table.captions))]
    return [
        Table(f"{table.title}: {first.title}", first.columns, first.rows, first.captions),
        *views[1:-1],
        Table(last.title, last.columns, last.rows, (*last.captions, *table.captions)),
    ]


def _sections(records: Sequence[_Record]) -> list[Table]:
    groups: dict[tuple[Cell, ...], list[_Record]] = {}
    elsewhere = []
    for record in records:
        if _is_alone(record):
            elsewhere.append(record)
        else:
            groups.setdefault(tuple(record[key] for key in _KEYS), []).append(record)
    views = [_section(group) for group in groups.values()]
    return [*views, _not_comparable(elsewhere)] if elsewhere else views


def _is_alone(record: _Record) -> bool:
    """Return whether nothing of ours stands beside a published value because it is of something else."""
    return record["n"] is None and outcome_of(str(record["verdict"])) is Outcome.NOT_COMPARABLE


def _section(group: Sequence[_Record]) -> Table:
    """Return the table of one statistic over one population: the best of ours first."""
    first = group[0]
    wider = [name for name in WIDER if name in first]
    columns = (
        Column("proxy"),
        Column("published"),
        Column("ours", digits=3, best="high"),
        Column("[95 %]", priority=1),
        *(Column(name.replace("_", " "), digits=3, priority=2 if name == "null_stderr" else 0) for name in wider),
        Column("n"),
        Column("failed", priority=3),
        Column("difference", digits=3, priority=2),
        Column("verdict"),
    )
    ordered = sorted(group, key=_place)
    rows = tuple(
        (
            record["proxy"],
            record["published"],
            record["measured"],
            _interval(record),
            *(record[name] for name in wider),
            *(record[name] for name in ("n", "failed", "difference", "verdict")),
        )
        for record in ordered
    )
    return Table(_title(group), columns, rows, _over(group))


def _place(record: _Record) -> tuple[float, str]:
    value = record["measured"]
    return (-value if isinstance(value, float) else float("inf"), str(record["proxy"]))


def _interval(record: _Record) -> str | None:
    low, high = record["low"], record["high"]
    return f"[{low:.3f},{high:.3f}]" if isinstance(low, float) and isinstance(high, float) else None


def _title(group: Iterable[_Record]) -> str:
    records = list(group)
    first = records[0]
    over = ", ".join(dict.fromkeys(str(record["published_over"]) for record in records if record["published_over"]))
    printed = f"; published over {over}" if over else ""
    statistic = asked(str(first["statistic"]))
    name = heading(statistic.statistic) if statistic and not statistic.absolute else str(first["statistic"])
    return f"{first['space']} {first['dataset']}, {first['target']} accuracy, {first['population']}, {name}{printed}"


def _over(group: Sequence[_Record]) -> tuple[str, ...]:
    """Say over how many networks, what becomes of ties, and under which conditions."""
    counts = [int(n) + int(record["failed"] or 0) for record in group if isinstance(n := record["n"], int)]
    if not counts:
        return ()
    under = ", ".join(dict.fromkeys(str(record["conditions"]) for record in group if record["conditions"]))
    networks = f"{min(counts):,} to {max(counts):,}" if min(counts) < max(counts) else f"{max(counts):,}"
    ties = "in random order" if "@" in str(group[0]["statistic"]) else "counted as ties"
    return (f"Ours: {networks} networks, tied ones {ties}; conditions {under}.",)


def _not_comparable(records: Sequence[_Record]) -> Table:
    columns = tuple(Column(name) for name in _ELSEWHERE)
    rows = tuple(tuple(record[name] for name in _ELSEWHERE) for record in records)
    return Table("published, but not comparable with ours", columns, rows)


def _matrices(plan: Plan, records: Sequence[_Record]) -> list[Table]:
    return [
        _matrix(plan, title, statistic, records)
        for statistic in plan.statistics
        for title in dict.fromkeys(scope.heading for scope in plan.scopes)
    ]


def _matrix(plan: Plan, title: str, statistic: str, records: Sequence[_Record]) -> Table:
    """Return proxies x datasets; a cell is `published / ours`, with * where ours is outside."""
    scopes = [scope for scope in plan.scopes if scope.heading == title]
    where = [(scope.space, dataset) for scope in scopes for dataset in scope.datasets]
    several = len({space for space, _ in where}) > 1
    cells = {(r["proxy"], r["space"], r["dataset"]): _pair(r) for r in records if r["statistic"] == statistic}
    proxies = dict.fromkeys(str(record["proxy"]) for record in records)
    columns = (Column("proxy"), *(Column(f"{space} {dataset}" if several else dataset) for space, dataset in where))
    rows = tuple((name, *(cells.get((name, *one)) for one in where)) for name in proxies)
    shown = asked(statistic)
    name = heading(shown.statistic) if shown else statistic
    said = f"Cells: {name} as published / ours; – where there is none, * where ours is outside what is published."
    return Table(f"{title}, {name}", columns, rows, (said,))


def _pair(record: _Record) -> str:
    printed = " to ".join(_numbers(record["published"])) or "–"
    value = record["measured"]
    ours = f"{value:.2f}" if isinstance(value, float) else "–"
    outside = outcome_of(str(record["verdict"])) is Outcome.DIFFERS
    return f"{printed} / {ours}{' *' if outside else ''}"


def _numbers(published: Cell) -> list[str]:
    """Return the lowest and the highest of published values with their source keys, as printed."""
    values = [text.split()[0] for text in str(published).split(", ")] if published else []
    return list(dict.fromkeys((values[0], values[-1]))) if values else []
