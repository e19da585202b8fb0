"""Pair counts behind rank correlations, for every network, in O(n log n) whole-array operations.

All sums are exact integers, ties included; n may reach a million (sums of products stay below 2**63).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from zsbench.stats.estimate import Floats, Ints


@dataclass(frozen=True, eq=False)
class Ranking:
    """One variable of n networks reduced to its order."""

    rank: Ints
    """(n,) dense ranks from 0, ascending; equal values share one."""
    sizes: Ints
    """(groups,) how many networks share each rank."""

    @classmethod
    def of(cls, values: Floats) -> Ranking:
        """Rank finite `values` (n,)."""
        _, rank, sizes = np.unique(values, return_inverse=True, return_counts=True)
        return cls(rank, sizes)

    @cached_property
    def tied(self) -> Ints:
        """(n,) networks with an equal value, itself included."""
        return self.sizes[self.rank]

    @cached_property
    def untied(self) -> Ints:
        """(n,) networks with another value."""
        return len(self.rank) - self.tied

    @cached_property
    def centred(self) -> Ints:
        """(n,) lower minus higher networks: twice the average rank's distance from the middle."""
        return -self.signed_sums(np.ones(len(self.rank)))

    def signed_sums(self, weights: Floats | Ints) -> Ints:
        """Return (n,) for every k the sum over i of `weights[i]` * sign(value[i] - value[k]); integer weights."""
        # Doubles hold these sums exactly: |centred| < n and n**2 < 2**53 for every space.
        group = np.bincount(self.rank, weights=weights)
        upto = np.cumsum(group)
        sums: Ints = (upto[-1] - 2 * upto + group).astype(np.int64)
        return sums[self.rank]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Two variables of the same n networks."""

    x: Ranking
    y: Ranking

    @classmethod
    def of(cls, x: Floats, y: Floats) -> Pairs:
        """Rank finite `x` and `y` (n,)."""
        return cls(Ranking.of(x), Ranking.of(y))

    @cached_property
    def concordance(self) -> Ints:
        """(n,) concordant minus discordant pairs of each network; a pair tied in either variable counts 0."""
        n = len(self.x.rank)
        joint = self.x.rank * len(self.y.sizes) + self.y.rank
        # Two rankings without ties in which every tied pair looks concordant; what that adds is taken off at the end.
        order = np.argsort(joint, kind="stable")
        second = _inverse(np.argsort(self.y.rank[order], kind="stable"))
        untied = 4 * count_earlier_smaller(second) + (n - 1) - 2 * np.arange(n) - 2 * second
        concordance = _scatter(untied + _run_lengths(joint[order]), order)
        return concordance + 1 - self.x.tied - self.y.tied


def count_earlier_smaller(permutation: Ints) -> Ints:
    """Return (n,) how many earlier entries of a permutation of 0..n-1 are smaller than each entry.

    A wavelet tree walked bit by bit: before bit b is looked at, entries that agree in all higher bits stand together,
    in their original order; so entries with a 1 just count the 0s before them in their block.
    """
    n = len(permutation)
    place = np.arange(n)
    # The value lies in the low 32 bits and its count in the high ones, so that both move at once.
    packed = permutation.astype(np.int64)
    for bit in range(max(n - 1, 0).bit_length() - 1, -1, -1):
        start = place >> (bit + 1) << (bit + 1)
        one = packed >> bit & 1
        zeros = np.concatenate(([0], np.cumsum(1 - one)))
        before = zeros[:-1] - zeros[start]
        # Blocks are full but for the last, and hold each value once: a block's zeros fill its first 2**bit places.
        target = np.where(one, place + (1 << bit) - before, start + before)
        packed = _scatter(packed + (before * one << 32), target)
    return (packed >> 32)[permutation]


def tie_share(values: Floats) -> float:
    """Return the share of all pairs of `values` (n,) that are tied; NaN for fewer than two networks."""
    n = len(values)
    if n < 2:
        return math.nan
    sizes = Ranking.of(values).sizes
    return float((sizes * (sizes - 1)).sum() / (n * (n - 1)))


def _run_lengths(ordered: Ints) -> Ints:
    """Return (n,) how many entries of a sorted array are equal to each."""
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
    lengths = np.diff(np.append(starts, len(ordered)))
    return np.repeat(lengths, lengths)


def _inverse(order: Ints) -> Ints:
    return _scatter(np.arange(len(order)), order)


def _scatter(values: Ints, target: Ints) -> Ints:
    moved = np.empty_like(values)
    moved[target] = values
    return moved
