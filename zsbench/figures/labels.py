"""Labels that keep off each other: along a line, and around points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zsbench.stats.estimate import Floats


def spread_out(wanted: Floats, gap: float, low: float, high: float) -> Floats:
    """Return places (n,) as near as can be to those `wanted`, `gap` apart, within [low, high] if they all fit.

    Least squares under the order of `wanted`: the pool-adjacent-violators algorithm on places less their due gaps.
    """
    order = np.argsort(wanted, kind="stable")
    blocks: list[tuple[float, int]] = []
    for target in wanted[order] - gap * np.arange(len(wanted)):
        mean, size = float(target), 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, size = (before * many + mean * size) / (many + size), many + size
        blocks.append((mean, size))
    level = np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])
    room = max(high - low - gap * (len(wanted) - 1), 0.0)
    placed = np.empty(len(wanted))
    placed[order] = np.clip(level, low, low + room) + gap * np.arange(len(wanted))
    return placed


@dataclass(frozen=True)
class Box:
    """A rectangle in points."""

    left: float
    bottom: float
    right: float
    top: float

    def overlap(self, other: Box) -> float:
        """Return the area that both cover."""
        across = min(self.right, other.right) - max(self.left, other.left)
        up = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(across, 0.0) * max(up, 0.0)

    def outside(self, frame: Box) -> float:
        """Return the area that lies outside `frame`."""
        return (self.right - self.left) * (self.top - self.bottom) - self.overlap(frame)


_DIRECTIONS = ((1, 0), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1), (0, 1), (0, -1))
_DISTANCES = (6.0, 12.0, 20.0, 30.0, 42.0)


def around_points(
    points: Sequence[tuple[float, float]], sizes: Sequence[tuple[float, float]], taken: Sequence[Box], frame: Box
) -> list[Box]:
    """Return a box for the label of each point, of that size (width, height), that covers as little as can be.

    All in points; `taken` is what labels keep off, besides each other. Greedy, the crowded points first.
    """
    crowd = [sum((x - u) ** 2 + (y - v) ** 2 < 40.0**2 for u, v in points) for x, y in points]
    placed: dict[int, Box] = {}
    for i in sorted(range(len(points)), key=lambda one: (-crowd[one], one)):
        candidates = [
            _beside(points[i], sizes[i], direction, distance) for distance in _DISTANCES for direction in _DIRECTIONS
        ]
        obstacles = [*taken, *placed.values()]
        costs = [
            sum(box.overlap(other) for other in obstacles) + 10 * box.outside(frame) + 0.5 * place
            for place, box in enumerate(candidates)
        ]
        placed[i] = candidates[int(np.argmin(costs))]
    return [placed[i] for i in range(len(points))]


def _beside(point: tuple[float, float], size: tuple[float, float], direction: tuple[int, int], distance: float) -> Box:
    (x, y), (width, height), (right, up) = point, size, direction
    distance = distance / (2**0.5 if right and up else 1)
    left = x + distance if right > 0 else x - distance - width if right < 0 else x - width / 2
    bottom = y + up * distance - height / 2 + (up * height / 2 if not right else 0)
    return Box(left, bottom, left + width, bottom + height)
