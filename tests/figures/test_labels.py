"""Labels keep apart, near to where they belong; held against a slow search."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from zsbench.figures.labels import Box, around_points, spread_out

PLACES = st.lists(st.floats(0, 10), min_size=1, max_size=7).map(np.array)


@given(PLACES)
def test_labels_are_apart_and_in_their_order(wanted):
    placed = spread_out(wanted, 0.5, -5, 15)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(placed[order]) >= 0.5 - 1e-9).all()


@given(PLACES)
def test_labels_that_fit_stay_within_bounds(wanted):
    placed = spread_out(wanted, 1.0, 0, 10)
    assert placed.min() >= -1e-9
    assert placed.max() <= 10 + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_as_near_as_can_be(seed):
    wanted = np.sort(np.random.default_rng(seed).uniform(0, 4, 6))
    placed = spread_out(wanted, 0.7, -10, 20)
    apart = {"type": "ineq", "fun": lambda places: np.diff(places) - 0.7}
    best = minimize(lambda places: ((places - wanted) ** 2).sum(), np.arange(6.0), constraints=apart, method="SLSQP")
    assert ((placed - wanted) ** 2).sum() == pytest.approx(best.fun, abs=1e-5)


def test_places_far_apart_are_left_alone():
    assert spread_out(np.array([3.0, 1.0, 8.0]), 0.5, 0, 10).tolist() == [3.0, 1.0, 8.0]


def test_labels_around_points_keep_off_each_other_and_off_what_is_taken():
    points = [(100.0 + 9 * i, 100.0) for i in range(4)]
    taken = [Box(x - 3, y - 3, x + 3, y + 3) for x, y in points]
    frame = Box(0, 0, 240, 200)
    placed = around_points(points, [(40.0, 9.0)] * 4, taken, frame)
    assert all(one.overlap(other) == 0 for one, other in combinations([*placed, *taken[:0]], 2))
    assert all(box.overlap(other) == 0 for box in placed for other in taken)
    assert all(box.outside(frame) == 0 for box in placed)


def test_a_lone_label_stands_at_its_right():
    (box,) = around_points([(50.0, 50.0)], [(20.0, 8.0)], [], Box(0, 0, 200, 100))
    assert (box.left, box.bottom, box.right, box.top) == (56, 46, 76, 54)
