"""How a measured value stands to the published ones."""

from __future__ import annotations

import pytest

from zsbench.stats import Estimate
from zsbench.tables.comparison.cells import unsigned, verdict
from zsbench.tables.published import Spread


def test_a_printed_number_stands_for_all_that_rounds_to_it(printed):
    spread = Spread((printed("0.46"), printed("0.454")))
    assert spread.low == pytest.approx(0.4535)
    assert spread.high == pytest.approx(0.465)
    assert spread.text == "0.454 paper2024, 0.46 paper2024"


def test_the_distance_is_signed_and_zero_inside(printed):
    spread = Spread((printed("0.40"), printed("0.50")))
    assert spread.distance(0.45) == 0
    assert spread.distance(0.6) == pytest.approx(0.095)
    assert spread.distance(0.3) == pytest.approx(-0.095)


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [
        (0.46, 0.3, 0.6, "inside"),
        (0.48, 0.479, 0.481, "within 0.03"),
        (0.50, 0.499, 0.501, "outside by +0.035"),
        (0.36, 0.2, 0.46, "within our interval"),
        (0.36, 0.3, 0.4, "outside by -0.095"),
        (0.60, 0.5, 0.7, "outside by +0.135"),
    ],
)
def test_a_verdict_says_how_the_measured_value_stands_to_print(printed, value, low, high, said):
    assert verdict(Spread((printed("0.46"),)), Estimate(value, 0.02, low, high), 1000) == said


def test_published_numbers_over_a_sample_have_its_error(printed):
    published = Spread((printed("0.46"),))
    ours = Estimate(0.54, 0.01, 0.52, 0.56)  # 0.075 above; theirs of 400 networks has 0.05, times 1.96
    assert verdict(published, ours, 10_000, sample=400) == "within the error of 400 networks"
    assert verdict(published, ours, 10_000, sample=4_000) == "outside by +0.075"
    assert verdict(published, ours, 10_000) == "outside by +0.075"


def test_without_an_error_of_ours_a_sample_excuses_nothing(printed):
    assert verdict(Spread((printed("0.46"),)), Estimate(0.6), 100, sample=10) == "outside by +0.135"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-0.6, -0.2, (0.2, 0.6)), (0.2, 0.6, (0.2, 0.6)), (-0.1, 0.3, (0.0, 0.3)), (-0.3, 0.1, (0.0, 0.3))],
)
def test_an_interval_without_signs_holds_the_same_values(low, high, expected):
    found = unsigned(Estimate((low + high) / 2, 0.1, low, high))
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.value == pytest.approx(abs((low + high) / 2))
