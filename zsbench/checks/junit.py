"""A report as JUnit XML: a test case a proxy and layer, as CI systems read them."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from zsbench.checks.report import Layer, Report, Row, Verdict
from zsbench.checks.tabulate import headline

SKIPPED = (Verdict.UNTESTED, Verdict.EXPECTED, Verdict.PLATFORM)


def junit(report: Report, *, strict: bool = False, gate: Layer = Layer.NUMBERS) -> str:
    """Return a `testsuites` document; what moved in a layer below `gate` is skipped, as it fails nothing.

    What `strict` fails on is a failure of a test case of its own.
    """
    layers = tuple(Layer)
    counts = layers[layers.index(gate) :]
    fails = [row for row in report.rows if row.verdict is Verdict.MOVED and row.layer in counts]
    skipped = [row for row in report.rows if row.verdict in SKIPPED or (row.verdict is Verdict.MOVED) > (row in fails)]
    root = Element("testsuites")
    reason = report.reason_to_fail() if strict else ""
    counted = {"tests": len(report.rows) + bool(reason), "failures": len(fails) + bool(reason), "skipped": len(skipped)}
    totals = {name: str(count) for name, count in counted.items()} | {"errors": "0"}
    suite = SubElement(root, "testsuite", {"name": "zsbench check", **totals})
    for row in report.rows:
        case = SubElement(suite, "testcase", {"classname": f"zsbench.{row.proxy}", "name": str(row.layer)})
        if row in fails:
            SubElement(case, "failure", {"message": row.why}).text = _facts(row)
        elif row in skipped:
            SubElement(case, "skipped", {"message": f"{row.verdict}: {row.why}"})
    if reason:
        case = SubElement(suite, "testcase", {"classname": "zsbench", "name": "strict"})
        SubElement(case, "failure", {"message": reason})
    told = [headline(report, strict=strict, gate=gate), *report.causes]
    told += [*(f"{one.proxy}: {one.text}" for one in report.remarks), *report.compared.captions]
    SubElement(suite, "system-out").text = "\n".join(told)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _facts(row: Row) -> str:
    return f"{row.why}: before {row.before:.6g}, now {row.now:.6g}, p after Holm {row.p_holm:.3g}, n {row.n}"
