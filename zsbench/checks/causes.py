"""Where to look: what moved proxies have in common, and what their neighbours that did not move rule out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from zsbench.checks.pairing import Pair
from zsbench.checks.report import Layer, Row, Verdict
from zsbench.evidence import Need, Structure, Topology, Weights
from zsbench.provenance import Provenance
from zsbench.registry import Proxy

A_LITTLE = 1e-3
"""Median relative difference up to which another processor or library may be why."""


def platform_changes(old: Provenance, new: Provenance) -> list[str]:
    """Say in which respects two runs were on different ground: packages, processor, device, system."""
    names = sorted((set(old.versions) | set(new.versions)) - {"zsbench"})
    pairs = [(name, old.versions.get(name, "none"), new.versions.get(name, "none")) for name in names]
    pairs += [("processor", old.cpu, new.cpu), ("device", old.device, new.device)]
    pairs += [("system", old.platform.partition("-")[0], new.platform.partition("-")[0])]
    return [f"{name} {a or 'unknown'} -> {b or 'unknown'}" for name, a, b in pairs if a != b]


def excuse_platform(rows: list[Row], old: Provenance, new: Provenance) -> list[Row]:
    """Return the rows, small shifts of numbers put down to the platform if that is what everything points at.

    It is if the ground is another one, at least half of all proxies with numbers changed some bit together, and a
    proxy's own shift is small while its ranking and usefulness did not move.
    """
    numbers = [row for row in rows if row.layer is Layer.NUMBERS and row.n]
    together = sum(row.touched for row in numbers) * 2 >= len(numbers) > 0
    if not (platform_changes(old, new) and together):
        return rows
    higher = {row.proxy for row in rows if row.layer is not Layer.NUMBERS and row.verdict is Verdict.MOVED}
    return [
        replace(row, verdict=Verdict.PLATFORM, why=f"{row.why}, a little, as most proxies do")
        if row.layer is Layer.NUMBERS
        and row.verdict is Verdict.MOVED
        and row.proxy not in higher
        and row.typical <= A_LITTLE
        else row
        for row in rows
    ]


def likely_causes(
    rows: Iterable[Row], pairs: Sequence[Pair], proxies: Mapping[str, Proxy], old: Provenance, new: Provenance
) -> tuple[str, ...]:
    """Return sentences about where to look, the most telling first; none if nothing moved."""
    rows = list(rows)
    found: list[str] = []
    changes = platform_changes(old, new)
    if any(row.verdict is Verdict.PLATFORM for row in rows):
        found.append(f"another platform is the likely cause of small shifts: {'; '.join(changes)}")
    moved = list(dict.fromkeys(row.proxy for row in rows if row.verdict is Verdict.MOVED))
    if not moved:
        return tuple(found)
    if batches := _other_batches(pairs):
        found.append(batches)
    tested = [row.proxy for row in rows if row.layer is Layer.NUMBERS and row.verdict is not Verdict.UNTESTED]
    known = {name: proxies[name] for name in tested if name in proxies}
    if "l2_norm" in moved:
        found.append("l2_norm moved: the weights themselves are drawn otherwise, or other layers are executed")
    found += [of_proxy(name, moved, known) for name in moved if name in known]
    if changes and any(row.verdict is Verdict.MOVED for row in rows):
        found.append(f"the platform is another one, too: {'; '.join(changes)}")
    return tuple(dict.fromkeys(text for text in found if text))


def _other_batches(pairs: Iterable[Pair]) -> str:
    digests = {
        (a.seed, a.input_digest, b.input_digest)
        for both in pairs
        if both.same
        for a, b in zip(both.old.conditions, both.new.conditions, strict=True)
        if a.input_digest != b.input_digest
    }
    if not digests:
        return ""
    seed, then, now = min(digests)
    return f"the input batch itself is another one (seed {seed}: fingerprint {then} then, {now} now)"


def of_proxy(name: str, moved: Iterable[str], known: Mapping[str, Proxy]) -> str:
    """Say which piece of evidence differs for one moved proxy, as far as proxies that share it can tell."""
    gone = set(moved)
    texts = []
    for need in known[name].needs:
        sharers = sorted(other for other, proxy in known.items() if other != name and need in proxy.needs)
        calm = [other for other in sharers if other not in gone]
        along = [other for other in sharers if other in gone]
        if calm:
            texts.append(f"{name}: its own formula, as {described(need)} is what it was ({_list(calm)} did not move)")
        elif along:
            group = sorted({name, *along})
            texts.append(f"{_list(group)}: {described(need)} differs, as all that is made of it moved")
        else:
            texts.append(f"{name}: its own formula or {described(need)}, which nothing else here asks for")
    return "; ".join(texts)


def described(need: Need) -> str:
    """Name a piece of evidence as `zsbench show` does."""
    if isinstance(need, Structure | Topology | Weights):
        return f"{type(need).__name__} (nothing is run)" if not isinstance(need, Weights) else "Weights"
    return repr(need)


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
