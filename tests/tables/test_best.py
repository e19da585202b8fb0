"""The network ranked first, published beside ours: what is compared, what is not, and over what."""

from __future__ import annotations

import re

import numpy as np
import pytest

from zsbench.conditions import Conditions
from zsbench.errors import ZsbenchError
from zsbench.paths import packaged
from zsbench.registry import proxies, spaces
from zsbench.score import Status
from zsbench.spaces.base import Truth
from zsbench.tables import best, facts
from zsbench.tables.best import make, people_views
from zsbench.tables.best_layout import BestLayout, ChosenFrom
from zsbench.tables.named import read_layout
from zsbench.tables.printed_best import PrintedBest, read_printed_best
from zsbench.tables.sources import Sources
from zsbench.tables.verdict import Outcome, outcome_of

LAYOUT = {"title": "best", "target": "valid", "protocol": "unified", "kind": "best"}
ALL = {"source": "paper", "all": True}
DEAD = Status.NAN


def printed(text="88", proxy="up", **other):
    row = {"source": "paper", "space": "dozen", "dataset": "tiny", "proxy": proxy, "text": text, "std_text": ""}
    return PrintedBest(**(row | {"note": ""} | other))


@pytest.fixture
def table(monkeypatch, dozen, known):
    """Make the table of what is printed and stored; also returns what its captions say besides."""

    def make_it(rows, *sets, layout=(), space=dozen, **options):
        monkeypatch.setattr(best, "read_printed_best", lambda: list(rows))
        sources = Sources({"dozen": space}, known, lambda *where: sets, **options)
        made = make(LAYOUT | dict(layout), "best", sources)
        return made, sources.notes

    return make_it


@pytest.fixture
def records(table):
    def records_of(*arguments, **options):
        return table(*arguments, **options)[0].records()

    return records_of


FULL = [1, 2, 3, 4, 5, 6, 7, 9, 8, 0, 0, 0]
"""Scores of all twelve networks, of which one has no known accuracy; the eighth is first and has 87 per cent."""


def test_the_pick_of_every_network_is_compared_with_a_published_pick_of_every_network(records, stored):
    (found,) = (r for r in records([printed("86.9")], stored(up=FULL), layout={"chosen_from": [ALL]}))
    assert (found["ours"], found["tied"], found["rank"], found["n"]) == (87.0, 1, 4.0, 11)
    assert (found["best_of_n"], found["best_of_all"]) == (90.0, 90.0)
    assert found["published"] == "86.9 paper"
    assert found["difference"] == pytest.approx(0.05)
    assert found["verdict"] == "within 0.1"


@pytest.mark.parametrize(
    ("text", "std", "verdict"),
    [
        ("87.0", "", "inside"),
        ("86", "1.2", "inside"),
        ("86.1", "", "outside by +0.85"),
        ("90", "0.5", "outside by -2.00"),
    ],
)
def test_rounding_and_the_printed_spread_belong_to_what_is_published(records, stored, text, std, verdict):
    (found,) = records([printed(text, std_text=std)], stored(up=FULL), layout={"chosen_from": [ALL]})
    assert found["verdict"] == verdict


def test_tied_networks_give_their_mean_and_their_range_whatever_their_order(records, stored):
    scores = [9, 1, 9, 1, 1, 1, 1, 1, 1, 1, 9, 0]
    (found,) = records([printed("90")], stored(up=scores), layout={"chosen_from": [ALL]})
    assert found["ours"] == pytest.approx((80 + 82 + 90) / 3)
    assert (found["lowest"], found["highest"], found["tied"]) == (80.0, 90.0, 3)
    assert found["verdict"] == "within our ties, seeds or draws"


def test_a_sample_is_shown_but_not_compared_with_the_whole_space(records, stored):
    (found,) = records([printed("85")], stored(up=FULL[:6]), layout={"chosen_from": [ALL]})
    assert (found["ours"], found["n"], found["best_of_n"], found["best_of_all"]) == (85.0, 6, 85.0, 90.0)
    assert found["verdict"] == "not comparable: ours from 6 of 11 networks"


def test_networks_without_a_number_are_tried_but_never_taken(records, stored):
    scores = [DEAD if score == 9 else score for score in FULL]
    (found,) = records([printed("88")], stored(up=scores), layout={"chosen_from": [ALL]})
    assert (found["ours"], found["n"], found["verdict"]) == (88.0, 11, "inside")


def test_a_proxy_where_lower_is_better_picks_the_lowest(records, stored):
    (found,) = records([printed("87", proxy="down")], stored(down=[-s for s in FULL]), layout={"chosen_from": [ALL]})
    assert (found["ours"], found["verdict"]) == (87.0, "inside")


def test_random_draws_are_compared_by_their_exact_expectation(records, stored):
    layout = {"chosen_from": [{"source": "paper", "draw": 2}]}
    (found,) = records([printed("85.5")], stored(up=FULL), layout=layout)
    accuracies, score = np.arange(80.0, 91), np.array(FULL[:11])
    picks = []
    for i in range(11):
        for j in range(i):
            higher = [k for k in (i, j) if score[k] == max(score[i], score[j])]
            picks.append(accuracies[higher].mean())
    assert found["ours"] == pytest.approx(np.mean(picks))
    assert (found["chosen_from"], found["tied"], found["lowest"]) == ("draws of 2", None, None)
    assert found["sd"] > 1
    assert found["verdict"] == "within our ties, seeds or draws"


def test_a_sample_of_the_published_size_is_one_draw(records, stored):
    layout = {"chosen_from": [{"source": "paper", "draw": 6}]}
    (found,) = records([printed("85")], stored(up=FULL[:6]), layout=layout)
    assert (found["ours"], found["tied"], found["verdict"]) == (85.0, 1, "inside")
    (smaller,) = records([printed("85")], stored(up=FULL[:5]), layout=layout)
    assert smaller["verdict"] == "not comparable: ours from 5 networks"


def test_an_aggregate_is_not_compared_over_draws_smaller_than_what_it_ranks(records, stored):
    layout = {"chosen_from": [{"source": "paper", "draw": 6}]}
    scores = stored(up=FULL, down=[-s for s in FULL])
    (found,) = (r for r in records([printed("87", proxy="both")], scores, layout=layout) if r["published"])
    assert (found["ours"], found["verdict"]) == (87.0, "not comparable: an aggregate ranks within each draw anew")


def test_what_a_source_does_not_state_is_not_compared(records, stored):
    (found,) = records([printed("87")], stored(up=FULL))
    assert (found["ours"], found["verdict"]) == (87.0, "not comparable: candidates not stated")


def test_seeds_give_a_mean_and_a_spread(records, stored):
    other = [*FULL[:6], 10, *FULL[7:]]
    sets = [stored(up=scores, conditions=Conditions(seed=seed)) for seed, scores in enumerate((FULL, other))]
    (found,) = records([printed("86")], *sets, layout={"chosen_from": [ALL]})
    assert (found["ours"], found["seeds"]) == (86.5, 2)
    assert found["sd"] == pytest.approx(np.std([87, 86], ddof=1))
    assert (found["lowest"], found["highest"]) == (86.0, 87.0)
    assert found["verdict"] == "inside"


def test_a_seed_over_fewer_networks_is_left_out_of_the_mean(records, stored):
    sets = [stored(up=FULL), stored(up=FULL[:6], conditions=Conditions(seed=1))]
    (found,) = records([printed("87")], *sets, layout={"chosen_from": [ALL]})
    assert (found["ours"], found["seeds"], found["n"]) == (87.0, 1, 11)


def test_scores_of_other_conditions_are_never_mixed_in(table, stored):
    sets = [stored(up=FULL), stored(up=FULL[:6], down=FULL[:6], conditions=Conditions(input="noise"))]
    made, notes = table([printed("87")], *sets, layout={"chosen_from": [ALL]})
    assert [r["proxy"] for r in made.records()] == ["up"]
    assert any(note.startswith("Left out, as other conditions") and "noise" in note for note in notes)


def test_costs_rank_every_network_without_scoring_any(records, dozen, known, stored):
    class Priced(type(dozen)):
        def costs(self, dataset):
            return {"up": np.array(FULL, float)}

    (found,) = records([printed("87")], layout={"chosen_from": [ALL]}, space=Priced())
    assert (found["ours"], found["n"], found["verdict"]) == (87.0, 11, "inside")


def test_the_optimum_is_the_best_accuracy_there_is(records):
    rows = [printed("90", proxy="optimum"), printed("90.2", proxy="optimum", source="draws")]
    layout = {"chosen_from": [ALL, {"source": "draws", "draw": 11}]}
    found = records(rows, layout=layout)
    assert [r["ours"] for r in found] == [90.0, 90.0]
    assert [r["verdict"] for r in found] == ["inside", "outside by -0.15"]


def test_what_is_measured_but_not_published_is_shown(records, stored):
    found = records([printed("87")], stored(up=FULL, down=FULL))
    assert [(r["proxy"], r["verdict"]) for r in found if not r["published"]] == [
        ("both", "nothing published"),
        ("down", "nothing published"),
    ]


def test_gaps_say_what_brings_them(table, dozen):
    rows = [printed(), printed(space="elsewhere"), printed(space="moon"), printed(proxy="unheard", dataset="tiny")]
    layout = {"elsewhere": {"elsewhere": "trained in full"}, "remarks": ["Mind the gap."]}
    made, notes = table(rows, layout=layout, options=" --results here")
    assert {r["space"]: r["verdict"] for r in made.records()} == {
        "dozen": "missing: not scored",
        "elsewhere": "not comparable: trained in full",
        "moon": "missing: space moon is not part of this version",
    }
    assert any(
        note.startswith("Not scored, dozen tiny: up; zsbench score --space dozen --dataset tiny --protocol unified")
        and "--results here brings them" in note
        for note in notes
    )
    assert any("no proxies of zsbench: unheard" in caption for caption in made.captions)
    assert "Mind the gap." in made.captions


def test_missing_accuracies_are_named_with_the_command_that_brings_them(table, dozen):
    made, notes = table([printed()], layout={"target": "test"})
    assert [r["verdict"] for r in made.records()] == ["missing: test accuracies of dozen tiny are not installed"]
    assert any("zsbench data import dozen" in note for note in notes)


def test_accuracies_as_shares_have_a_tolerance_of_their_own(records, dozen, stored):
    class Shares(type(dozen)):
        def truth(self, dataset, target):
            return Truth(target, super().truth(dataset, target).values / 100, "made up")

    rows, layout = [printed("0.87"), printed("0.920")], {"chosen_from": [ALL]}
    found = records(rows, stored(up=FULL), layout=layout, space=Shares())
    assert [r["verdict"] for r in found] == ["inside", "outside by -0.05"]


def test_one_name_for_two_functions_is_told_apart_by_source(records, stored):
    layout = {"chosen_from": [ALL], "renamed": {"paper": {"up": "down"}}}
    found = records([printed("87")], stored(down=[-s for s in FULL]), layout=layout)
    assert [(r["proxy"], r["verdict"]) for r in found] == [("down", "inside")]


def test_the_last_entry_that_covers_a_row_says_what_it_was_chosen_from():
    entries = [{"source": "paper", "draw": 5}, {"source": "paper", "proxies": ["up"], "spaces": ["dozen"], "all": True}]
    layout = BestLayout.of(LAYOUT | {"chosen_from": entries})
    assert layout.among(printed()).all
    assert layout.among(printed(proxy="down")).draw == 5
    assert layout.among(printed(space="moon")).draw == 5
    assert layout.among(printed(source="other")).otherwise


@pytest.mark.parametrize("wrong", [{"source": "a"}, {"source": "a", "all": True, "draw": 3}])
def test_an_entry_that_says_nothing_or_two_things_is_refused(wrong):
    with pytest.raises(ZsbenchError, match="say one of all, draw and otherwise of a"):
        ChosenFrom(**wrong)


def test_a_layout_with_an_unknown_key_is_refused():
    with pytest.raises(ZsbenchError, match="not a table of kind best"):
        BestLayout.of(LAYOUT | {"purple": 1})


def test_people_see_one_table_a_dataset_and_the_captions_once(table, stored):
    made, _ = table([printed(), printed(space="moon")], stored(up=FULL))
    views = people_views({}, made)
    assert [view.title for view in views] == ["best: dozen, tiny", "best: moon, tiny"]
    assert sum(len(view.rows) for view in views) == len(made.rows)
    assert [view.captions for view in views] == [(), made.captions]


def test_the_table_that_ships_names_what_exists():
    rows, layout = read_printed_best(), BestLayout.of(read_layout("survey-best"))
    assert len(rows) == 194
    assert all(float(row.text) > 0 for row in rows)
    bib = (packaged("data") / "published" / "sources.bib").read_text(encoding="utf-8")
    assert {row.source for row in rows} <= set(re.findall(r"@\w+\{([^,]+),", bib))
    for entry in layout.chosen_from:
        assert any(entry.covers(row) for row in rows)
    assert {name for renamed in layout.renamed.values() for name in renamed.values()} <= proxies().keys()
    assert layout.elsewhere.keys() <= {row.space for row in rows} - spaces().keys()


def test_published_numbers_that_cannot_be_read_are_explained(monkeypatch, tmp_path):
    monkeypatch.setattr(facts, "packaged", lambda name: tmp_path)
    with pytest.raises(ZsbenchError, match="cannot read the published best_architectures"):
        read_printed_best()


def test_without_any_data_the_table_that_ships_is_all_gaps():
    made = make(read_layout("survey-best"), "survey-best", Sources(spaces(), proxies(), lambda *where: ()))
    outcomes = {outcome_of(record["verdict"]) for record in made.records()}
    assert outcomes == {Outcome.MISSING, Outcome.NOT_COMPARABLE}
    assert made.columns[-1].name == "verdict"


@pytest.mark.reference
def test_published_cells_that_need_no_scoring_are_reproduced(reference):
    from zsbench.truths.importing import TableOptions, import_file

    columns = {"cifar10": "cifar10", "cifar100": "cifar100", "ImageNet16-120": "imagenet16_120"}
    targets = tuple(f"{dataset}:test=nats10_{name}_test_acc" for dataset, name in columns.items())
    import_file(spaces()["nb201"], reference / "data" / "nb201_truth.csv.gz", TableOptions(targets))
    made = make(read_layout("survey-best"), "survey-best", Sources(spaces(), proxies(), lambda *where: ()))
    compared = [r for r in made.records() if outcome_of(r["verdict"]) in {Outcome.AGREES, Outcome.DIFFERS}]
    assert {(r["dataset"], r["proxy"]) for r in compared} == {
        (dataset, proxy) for dataset in columns for proxy in ("optimum", "params", "flops_all")
    }
    assert all(outcome_of(r["verdict"]) is Outcome.AGREES for r in compared)
    params = {r["dataset"]: r["ours"] for r in compared if r["proxy"] == "params"}
    assert params == pytest.approx({"cifar10": 93.76, "cifar100": 71.1067, "ImageNet16-120": 41.4444})
