"""Layer 1, numbers: same seed, same network, same score, but for rounding."""

from __future__ import annotations

from collections import Counter

import numpy as np

from zsbench.checks.pairing import Pair
from zsbench.checks.report import Layer, Row, Verdict
from zsbench.score import Status
from zsbench.stats.estimate import Bools, Floats
from zsbench.store.model import CODES, MISSING, Codes

FEW = 0.5
"""Share of the numbers that may differ by more than the tolerance: some networks stand on an edge."""
AN_EDGE = 0.2
"""How far those may differ: a ReLU that rounding turns over in a small batch takes a gradient with it."""
_WORD = {code: str(status) for status, code in CODES.items()}


def relative_differences(pair: Pair) -> Floats:
    """Return (S, n) |new - old| over the larger of |old| and the proxy's median size; NaN where either is missing.

    The median keeps a proxy whose terms cancel (plain, grasp) from failing where its value happens to be near zero.
    """
    old, new = pair.old.value, pair.new.value
    sizes = np.abs(old[np.isfinite(old)])
    scale = np.maximum(np.abs(old), np.median(sizes) if len(sizes) else 0.0)
    change = np.abs(new - old)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(change == 0, 0.0, change / scale)


def beyond(pair: Pair, rtol: float) -> Bools:
    """Return (S, n) where a number is there in both and differs by more than rounding."""
    further: Bools = np.nan_to_num(relative_differences(pair), nan=0.0, posinf=np.inf) > rtol
    return further


def neutral(pair: Pair, rtol: float) -> bool:
    """Return whether all numbers are what they were, but for rounding and for a few networks that stand on an edge."""
    if not pair.same:
        return False
    further = beyond(pair, rtol)
    known = np.isfinite(pair.old.value) & np.isfinite(pair.new.value)
    largest = float(np.nanmax(np.where(known, relative_differences(pair), 0.0), initial=0.0))
    # What no seed changes (params) is counted, not measured: it has no edges.
    few = 0.0 if seedless(pair.recorded.value) else FEW * known.sum()
    return bool(known.any()) and further.sum() <= few and largest <= max(AN_EDGE, rtol)


def seedless(values: Floats) -> bool:
    """Return whether (S, n) scores are the same under several seeds."""
    return len(values) > 1 and np.array_equal(values, np.broadcast_to(values[0], values.shape), equal_nan=True)


def judge_numbers(pair: Pair, rtol: float) -> Row:
    """Return the verdict on a proxy's numbers."""
    if not pair.same:
        why = "other conditions or seeds: no two numbers are of the same thing"
        return Row(pair.proxy, Layer.NUMBERS, Verdict.UNTESTED, why, before=rtol)
    differences = relative_differences(pair)
    known = np.isfinite(differences) | np.isposinf(differences)
    if not known.any():
        return _without_numbers(pair, rtol)
    largest, typical = float(differences[known].max()), float(np.median(differences[known]))
    count, moved = int(known.sum()), int(beyond(pair, rtol).sum())
    verdict = Verdict.SAME if neutral(pair, rtol) else Verdict.MOVED
    if moved and verdict is Verdict.SAME:
        why = f"equal but for rounding; {moved} of {count} scores stand on an edge"
    elif moved:
        why = f"{moved} of {count} scores differ by more than {rtol:g} of their size"
    else:
        why = "equal, bit for bit" if largest == 0 else "equal but for rounding"
    return Row(
        pair.proxy,
        Layer.NUMBERS,
        verdict,
        why,
        before=rtol,
        now=largest,
        n=count,
        typical=typical,
        touched=largest > 0,
    )


def _without_numbers(pair: Pair, rtol: float) -> Row:
    had, has = np.isfinite(pair.old.value).sum(), np.isfinite(pair.new.value).sum()
    if had and not has:
        reasons = Counter(text for text in pair.new.reason[pair.new.scored].tolist() if text)
        said = f": {reasons.most_common(1)[0][0]}" if reasons else ""
        why = f"had {had} {_scores(int(had))}, has none now{said}"
        return Row(pair.proxy, Layer.NUMBERS, Verdict.MOVED, why, before=rtol)
    why = "no number then or now" if not had else "no network has a number both then and now"
    return Row(pair.proxy, Layer.NUMBERS, Verdict.UNTESTED if not had else Verdict.MOVED, why, before=rtol)


def changed_statuses(pair: Pair) -> str:
    """Say which statuses became which others; empty if none did."""
    if not pair.same:
        return ""
    old, new = pair.old.status, pair.new.status
    changed = (old != new) & (old != MISSING) & (new != MISSING)
    counts = Counter(zip(old[changed].tolist(), new[changed].tolist(), strict=True))
    return ", ".join(
        f"{_WORD[a]} -> {_WORD[b]} of {count} {_scores(count)}" for (a, b), count in sorted(counts.items())
    )


def _scores(count: int) -> str:
    return "score" if count == 1 else "scores"


def describe_statuses(statuses: Codes) -> str:
    """Count (S, n) codes of statuses: `ok 28, degenerate 2`; those that were not scored are left out."""
    counts = Counter(_WORD[code] for code in np.ravel(statuses).tolist() if code != MISSING)
    return ", ".join(f"{status} {counts[status]}" for status in map(str, Status) if counts[status])
