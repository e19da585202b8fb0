"""A report as JSON: the verdict, what was compared with what, and a row a proxy and layer."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from zsbench.checks.report import Layer, Report
from zsbench.checks.tabulate import headline, report_table
from zsbench.tables.table import Cell

if TYPE_CHECKING:
    from zsbench.provenance import Provenance


def document(report: Report, *, strict: bool = False, gate: Layer = Layer.NUMBERS) -> str:
    """Return one JSON object; its `rows` are the records that a table of all proxies has."""
    table = report_table(report, strict=strict, gate=gate)
    compared = report.compared
    found = {
        "failed": report.failed(strict=strict, gate=gate),
        "headline": headline(report, strict=strict, gate=gate),
        "gate": str(gate),
        "strict": strict,
        "moved": report.moved(gate),
        "excused": report.excused(),
        "space": compared.space,
        "dataset": compared.dataset,
        "networks": compared.networks,
        "networks_recorded": compared.of,
        "seeds": compared.seeds,
        "seeds_recorded": compared.recorded,
        "conditions": compared.conditions,
        "target": compared.target or None,
        "truth": compared.source,
        "then": _ground(compared.then),
        "now": _ground(compared.now),
        "likely": report.causes,
        "remarks": [{"proxy": one.proxy, "text": one.text} for one in report.remarks],
        "captions": compared.captions,
        "rows": [{name: _finite(cell) for name, cell in record.items()} for record in table.records()],
    }
    return json.dumps(found, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(cell: Cell) -> Cell:
    return None if isinstance(cell, float) and not math.isfinite(cell) else cell


def _ground(run: Provenance) -> dict[str, object]:
    return {"versions": dict(run.versions), "cpu": run.cpu, "device": run.device, "platform": run.platform}
