"""What GitHub Actions reads: one annotation a proxy, at the file that defines it."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

from zsbench.checks.report import Layer, Report, Verdict, proxies_with
from zsbench.registry import Proxy


def commands(
    report: Report, proxies: Mapping[str, Proxy], root: Path, gate: Layer = Layer.NUMBERS, *, strict: bool = False
) -> Iterator[str]:
    """Yield workflow commands: an error for what moved, a warning for what is excused; files relative to `root`.

    What `strict` fails on is an error of its own.
    """
    errors = report.moved(gate)
    for name in report.proxies:
        rows = [row for row in report.of(name) if row.verdict not in (Verdict.SAME, Verdict.UNTESTED)]
        if rows:
            text = "; ".join(f"{row.layer}: {row.why}" for row in rows)
            kind = "error" if name in errors else "warning"
            yield _command(kind, f"{name} moved", text, _file(proxies.get(name), root))
    if strict and (reason := report.reason_to_fail()):
        yield _command("error", "strict", reason, "")
    for text, names in report.by_remark().items():
        yield _command("notice", ", ".join(names), text, "")
    if proxies_with(report.rows, Verdict.MOVED):
        for text in report.causes:
            yield _command("notice", "where to look", text, "")


def _command(kind: str, title: str, text: str, file: str) -> str:
    at = f"file={_property(file)},line=1," if file else ""
    return f"::{kind} {at}title={_property(f'zsbench check: {title}')}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _file(proxy: Proxy | None, root: Path) -> str:
    found = inspect.getsourcefile(proxy.score) if proxy else None
    path = Path(found).resolve() if found else None
    return path.relative_to(root).as_posix() if path and path.is_relative_to(root) else ""
