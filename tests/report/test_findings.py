"""The sentences of the summary: their numbers are those of the scores, and no claim is larger than its interval."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from scipy.stats import kendalltau

from zsbench.report.findings import facts, findings
from zsbench.report.lead import LEVEL, is_noise, lead_of, lead_table
from zsbench.stats import Difference
from zsbench.stats.estimate import Estimate


@pytest.fixture(scope="session")
def study(studies):
    (one,) = studies
    return one


@pytest.fixture(scope="session")
def lead(study):
    return lead_of(study)


@pytest.fixture
def said(study):
    """The findings of the study, or of one with other scores, by heading."""

    def of(**scores):
        columns = [
            dataclasses.replace(column, value=scores.get(column.proxy.name, column.value))
            for column in study.measured.scores
        ]
        other = dataclasses.replace(study, measured=dataclasses.replace(study.measured, scores=tuple(columns)))
        return {finding.head: finding.text for finding in findings(other, lead_of(other))}

    return of


def tau(study, name, other=None):
    """tau-b with the accuracy, on the networks where both proxies have a number."""
    columns = {column.proxy.name: column.value for column in study.measured.scores}
    kept = np.isfinite(columns[name]) & np.isfinite(columns[other or name])
    return kendalltau(columns[name][kept], study.truth.values[study.measured.index][kept]).statistic


def accuracy(study):
    return study.truth.values[study.measured.index]


def test_the_leader_and_those_that_follow_are_named_with_their_numbers(study, said):
    assert said()["Leader"].startswith(f"synflow ranks best by valid accuracy: tau-b {tau(study, 'synflow'):.3f} [")
    assert f"naswot {tau(study, 'naswot'):.3f}" in said()["Leader"]


def test_a_lead_within_its_error_is_called_noise(study, lead, said):
    assert is_noise(lead.from_leader["naswot"])
    gap = tau(study, "synflow", "naswot") - tau(study, "naswot", "synflow")
    assert lead.from_leader["naswot"].estimate.value == pytest.approx(gap, abs=1e-12)
    text = said()["Over the next"]
    assert text.startswith(f"synflow leads naswot by {gap:.3f} [".replace("-", "−"))
    assert "not more than noise (p = " in text
    assert "on the 193 networks where both have a number" in text


def test_a_lead_far_beyond_its_error_is_called_more_than_noise(study, said):
    text = said(synflow=accuracy(study), naswot=-accuracy(study))["Over the next"]
    assert ": more than noise (p < 0.001)" in text


def test_proxies_better_and_worse_than_params_are_counted_by_the_corrected_p(lead, said):
    better = [name for name, found in lead.from_size.items() if found.p_holm < LEVEL and found.estimate.value > 0]
    worse = [name for name, found in lead.from_size.items() if found.p_holm < LEVEL and found.estimate.value < 0]
    assert set(better) == {"synflow", "naswot"}
    rest = len(lead.from_size) - len(better) - len(worse)
    counted = f"{len(worse)} worse, {rest} cannot be told apart from it."
    assert said()["Over #Params"].endswith(f"2 are better than params beyond noise (synflow, naswot), {counted}")


def test_where_params_leads_it_is_said_so(study, said):
    said_so = said(params=accuracy(study))
    assert said_so["Leader"].startswith("params ranks best")
    assert said_so["Over #Params"].startswith("params itself leads. Of 5 proxies, none is better than params")


def test_the_top_is_told_with_its_own_leader_and_how_many_say_nothing(study, said):
    text = said()["Top 5 %"]
    top = next(part for part in study.parts if part.regime.name == "top5%")
    assert f"({top.networks} networks)" in text
    blind = sum(line.estimates[0].low <= 0 <= line.estimates[0].high for line in top.lines)
    assert f"the intervals of {blind} include 0" in text
    values = {line.scores.proxy.name: line.estimates[0].value for line in study.whole.lines}
    lower = sum(line.estimates[0].value < values[line.scores.proxy.name] for line in top.lines)
    assert f"{lower} of 6 proxies correlate less than over all" in text


def test_failures_are_counted_and_networks_are_those_of_the_space(study, said):
    text = said()["Networks and failures"]
    assert text.startswith("200 of the 15,625 networks of nb201 are scored")
    assert "7 of 1,200 scores, of 1 proxy, have no number (at most 7 a proxy)" in text
    assert [fact.value for fact in facts(study, None)][:2] == ["200", "6"]


def test_without_failures_nothing_is_said_of_them(study, said):
    full = np.where(np.isfinite(accuracy(study)), accuracy(study), 0)
    assert "Every score has a number." in said(naswot=full)["Networks and failures"]


def test_constant_scores_alone_rank_nothing(study, said):
    flat = {column.proxy.name: np.ones(len(accuracy(study))) for column in study.measured.scores}
    found = said(**flat)
    assert list(found) == ["No ranking", "Networks and failures"]


def test_a_difference_whose_error_is_not_known_is_no_finding():
    assert is_noise(Difference(Estimate(0.3), 50))
    assert is_noise(Difference(Estimate(0.3), 50, 0.04, 0.2)), "the corrected p counts"
    assert not is_noise(Difference(Estimate(0.3), 50, 0.001, 0.01))


def test_the_table_of_differences_has_all_proxies_and_none_against_itself(study, lead):
    records = [
        dict(zip(("proxy", "tau", "over", "i", "p", "n", "behind"), row, strict=False))
        for row in lead_table(study, lead).rows
    ]
    assert [record["proxy"] for record in records] == [line.scores.proxy.name for line in study.whole.lines]
    assert {record["proxy"] for record in records if record["over"] is None} == {"params"}
    assert {record["proxy"] for record in records if record["behind"] is None} == {"synflow"}
    assert all(record["behind"] > 0 for record in records if record["behind"] is not None)
