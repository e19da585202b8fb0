"""Exact checks: every name is understood, what can be recomputed is, and what can't says what would bring it."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from zsbench.conditions import Conditions
from zsbench.errors import NothingToReportError
from zsbench.registry import find_space, proxies, spaces
from zsbench.score import Status
from zsbench.spaces.base import Truth
from zsbench.store import CODES, ScoreColumn, ScoreSet
from zsbench.tables import exact
from zsbench.tables.exact import Check, WantedTruth, agrees, make, people_views, read_checks
from zsbench.tables.exact_hardware import KINDS as HARDWARE
from zsbench.tables.exact_kinds import FREE, KINDS, Ground, find_kind
from zsbench.tables.named import read_layout
from zsbench.tables.sources import Sources
from zsbench.tables.verdict import Outcome, outcome_of
from zsbench.truths.importing import Storing, TableOptions, import_file

NB201 = find_space("nb201")
FOREIGN = ("naswot", "synflow", "snip", "grad_norm", "fisher", "grasp", "jacob_cov", "zen", "l2_norm")
NO_TRUTH = "accuracies are not installed"


def layout():
    return read_layout("exact")


def sources(read=lambda space, dataset: ()):
    return Sources(spaces(), proxies(), read)


def digest(values, parts=1e4):
    return hashlib.sha256(np.rint(values * parts).astype("<i8").tobytes()).hexdigest()


class WithTruth(type(NB201)):
    """NAS-Bench-201 with accuracies made up for CIFAR-10."""

    def __init__(self, **targets):
        self.made_up = targets

    def targets(self, dataset):
        return dict.fromkeys(self.made_up, "made up") if dataset == "cifar10" else {}

    def truth(self, dataset, target):
        return Truth(target, self.made_up[target], "made up")


def made_up(seed=0):
    random = np.random.default_rng(seed)
    return np.round(50 + NB201.costs("cifar10")["params"] / 1e5 + random.normal(0, 2, len(NB201)), 4)


def with_truth(wanted, read=lambda space, dataset: (), **targets):
    """Return the table over accuracies made up, of which `wanted` are those that the checks were made with."""
    data = layout()
    (one,) = (truth for truth in data["truth"] if truth["dataset"] == "cifar10")
    one["sha256"] = digest(wanted)
    space = WithTruth(**targets)
    return make(data, "exact", Sources({"nb201": space}, proxies(), read))


@pytest.fixture
def only(monkeypatch):
    """Leave just the checks of some names, so that a test is quick."""

    def leave(*names):
        checks = [check for check in read_checks() if check.name in names]
        assert len(checks) == len(names)
        monkeypatch.setattr(exact, "read_checks", lambda: checks)

    return leave


def row(table, name):
    (found,) = (record for record in table.records() if record["check"] == name)
    return found


def test_every_check_of_a_known_area_has_a_recipe():
    for check in read_checks():
        if check.area == "nb201":
            assert find_kind(check.what, KINDS), check.name
        elif check.area == "stat":
            assert find_kind(check.what, FREE), check.name
        elif check.area == "hw":
            assert find_kind(check.what, HARDWARE), check.name
        else:
            assert check.area == "transnas-micro", check.name
            assert find_kind(check.what, KINDS), check.name


def test_no_check_is_claimed_by_two_recipes():
    for check in read_checks():
        kinds = HARDWARE if check.area == "hw" else KINDS
        assert sum(find_kind(check.what, [kind]) is not None for kind in kinds) <= 1, check.name


def test_without_any_data_counts_formulas_and_null_errors_are_recomputed_and_equal():
    table = make(layout(), "exact", sources())
    done = {record["check"] for record in table.records() if record["ours"] is not None}
    assert all(record["verdict"] == "inside" for record in table.records() if record["check"] in done)
    assert all(record["difference"] == 0 for record in table.records() if record["check"] in done)
    free = {"count.all15625", "count.valid9445", "count.clean", "count.dangling", "count.dead", "count.unique6466"}
    formulas = {
        check.name for check in read_checks() if check.name.startswith(("nb201.params.", "nb201.flops_", "stat."))
    }
    assert done == {f"nb201.{name}" for name in free} | formulas | {"transnas-micro.count.dedup2128"}


def test_what_is_missing_says_what_brings_it(only):
    name, foreign = "nb201.kendall_b.params.all15625.cifar10", "nb201.argmax_acc.nbsz_zen.cifar10"
    device, task = "hw.nb201.cifar10.count", "transnas-micro.count.dedup2128_top5.scene"
    only(name, foreign, device, task)
    asked = sources()
    table = make(layout(), "exact", asked)
    missing = row(table, name)
    assert missing["verdict"].startswith("missing: the cifar10 accuracies are not installed (NATS-Bench 1.0")
    assert any("zsbench data import nb201 FILE --dataset cifar10 --target test=COLUMN" in note for note in asked.notes)
    assert row(table, device)["verdict"] == "missing: the measurements of HW-NAS-Bench 1.0 are not installed"
    assert any("zsbench data import nb201 HW-NAS-Bench-v1_0.pickle" in note for note in asked.notes)
    assert "zc_transbench101_micro.json" in row(table, task)["verdict"]
    assert any("zsbench data import transnas-micro FILE." in note for note in asked.notes)
    assert "no stored suite-zero scores" in row(with_truth(made_up(), test=made_up()), foreign)["verdict"]


def test_every_verdict_is_one_that_can_be_counted():
    table = make(layout(), "exact", sources())
    assert table.columns[-1].name == "verdict"
    assert {outcome_of(record["verdict"]) for record in table.records()} == {Outcome.AGREES, Outcome.MISSING}


def test_the_right_version_is_found_under_whatever_name_it_has(only):
    only("nb201.best_test_acc.cifar10")
    right, other = made_up(), made_up(seed=1)
    named = {"test": other, "test@mine": right, "test@other": other}
    assert with_truth(right, **named).rows[0][2] == right.max()
    assert NO_TRUTH in with_truth(right, test=other).rows[0][-1]


def test_truth_with_gaps_is_no_version_of_the_checks():
    values = made_up()
    wanted = WantedTruth("nb201", "cifar10", "", digest(values))
    assert wanted.is_it("test", values)
    assert wanted.is_it("test", values + 1e-6)
    gap = values.copy()
    gap[3] = np.nan
    assert not wanted.is_it("test", gap)
    assert WantedTruth("nb201", "cifar10", "", target="test@x").is_it("test@x", gap)
    assert not WantedTruth("nb201", "cifar10", "", target="test@x").is_it("test", values)


@pytest.mark.parametrize("population", ["all15625", "valid9445", "unique6466"])
@pytest.mark.parametrize("best", ["", "_top5"])
def test_correlations_are_those_of_scipy(only, population, best):
    accuracies = made_up()
    counted = [f"nb201.count.{population}{best}.cifar10"] if best else []
    twins = {f"nb201.kendall_b.num_convs.{population}{best}.cifar10": kendalltau}
    twins[f"nb201.spearman.num_convs.{population}{best}.cifar10"] = spearmanr
    only(*twins, *counted)
    table = with_truth(accuracies, test=accuracies)
    kept = {
        "all15625": np.ones(len(NB201), bool),
        "valid9445": NB201.valid(),
        "unique6466": NB201.representatives() == np.arange(len(NB201)),
    }[population]
    if best:
        kept = kept & (accuracies >= np.percentile(accuracies[kept], 95))
    operations = NB201.operations()
    convolutions = (operations["nor_conv_1x1"] + operations["nor_conv_3x3"])[kept]
    for name, twin in twins.items():
        expected = twin(convolutions, accuracies[kept]).statistic
        assert row(table, name)["ours"] == pytest.approx(expected, abs=1e-12)
    assert [row(table, name)["ours"] for name in counted] == [kept.sum()] * len(counted)


def test_tau_a_counts_ties_as_nothing(only):
    name = "nb201.kendall_a.params.unique6466.cifar10"
    only(name)
    accuracies = made_up()
    (found,) = with_truth(accuracies, test=accuracies).records()
    kept = NB201.representatives() == np.arange(len(NB201))
    x, y = NB201.costs("cifar10")["params"][kept], accuracies[kept]
    concordance = sum(float(np.sign(x[i] - x[:i]) @ np.sign(y[i] - y[:i])) for i in range(1, len(x)))
    assert found["ours"] == pytest.approx(concordance / (len(x) * (len(x) - 1) / 2), abs=1e-12)


def test_other_accuracies_give_other_digits_and_are_called_outside(only):
    only("nb201.best_test_acc.cifar10")
    accuracies = made_up()
    (found,) = with_truth(accuracies, test=accuracies).records()
    assert found["difference"] == pytest.approx(accuracies.max() - 94.3733, abs=1e-4)
    assert found["verdict"] == f"outside by {found['difference']:+.4f}"


def test_a_wrong_digit_is_outside(monkeypatch):
    checks = [Check("nb201.count.dead", "340", ""), Check("stat.tau_null_se.n474", "0.030733", "")]
    monkeypatch.setattr(exact, "read_checks", lambda: checks)
    verdicts = [record["verdict"] for record in make(layout(), "exact", sources()).records()]
    assert verdicts == ["outside by +1", "outside by +0.000001"]


def test_a_name_without_recipe_is_missing(monkeypatch):
    monkeypatch.setattr(exact, "read_checks", lambda: [Check("nb201.count.purple", "1", "")])
    (found,) = make(layout(), "exact", sources()).records()
    assert found["verdict"] == "missing: zsbench has no recipe for it"


@pytest.mark.parametrize(
    ("value", "text", "digits", "same"),
    [
        (0.7072504, "0.70725", 6, True),
        (0.7072506, "0.70725", 6, False),
        (94.37333, "94.3733", 4, True),
        (0.0, "0", 6, True),
        (1531546.0, "1531546", 0, True),
    ],
)
def test_trailing_zeros_are_digits_too(value, text, digits, same):
    assert agrees(value, text, digits) is same


def suite_zero(index, values, source="suite-zero"):
    """Return a stored set of another project's synflow scores."""
    n = len(index)
    status = np.full(n, CODES[Status.OK], np.uint8)
    column = ScoreColumn(1, values, status, np.ones(n), np.array([""] * n, object))
    archs = np.array([NB201.arch(int(i)) for i in index], object)
    return ScoreSet("nb201", "cifar10", Conditions.of_source(source), index, archs, {f"synflow@{source}": column})


def test_scores_of_another_project_are_taken_from_the_store_once_they_are_complete(only):
    accuracies, valid = made_up(), np.flatnonzero(NB201.valid())
    params = NB201.costs("cifar10")["params"]
    name, argmax = "nb201.kendall_b.{}.valid9445.cifar10", "nb201.argmax_acc.nbsz_synflow.cifar10"
    only(name.format("params"), name.format("nbsz_synflow"), argmax)

    def table(stored):
        return with_truth(accuracies, lambda space, dataset: [stored] if dataset == "cifar10" else [], test=accuracies)

    complete = table(suite_zero(valid, params[valid]))
    same = row(complete, name.format("params"))["ours"]
    assert row(complete, name.format("nbsz_synflow"))["ours"] == same
    best = accuracies[valid][params[valid] == params.max()].mean()
    assert row(complete, argmax)["ours"] == pytest.approx(best)
    partly = row(table(suite_zero(valid[:-5], params[valid[:-5]])), name.format("nbsz_synflow"))
    assert partly["verdict"] == "missing: nbsz_synflow has cifar10 scores of 9,440 of these 9,445 networks"
    other = row(table(suite_zero(valid, params[valid], "another")), name.format("nbsz_synflow"))
    assert other["verdict"] == "missing: no stored suite-zero scores on cifar10"


def test_a_cost_that_is_no_linear_form_is_refused(monkeypatch):
    monkeypatch.setattr(
        type(NB201),
        "costs",
        lambda self, dataset: {k: np.arange(15_625.0) ** 2 for k in ("params", "flops", "flops_all")},
    )
    ground = Ground(NB201, accuracies=lambda dataset: made_up(), foreign=None, hardware=None)
    kind, parts = find_kind("params.const", KINDS)
    with pytest.raises(NothingToReportError, match="no linear form"):
        kind.compute(ground, **parts)


def test_people_see_what_was_recomputed_and_a_count_of_the_rest():
    table = make(layout(), "exact", sources())
    done, rest = people_views({}, table)
    assert len(done.rows) + sum(row[0] for row in rest.rows) == len(table.rows)
    assert (done.captions, rest.captions) == ((), table.captions)


class WithDevices(WithTruth):
    """The same, with measurements made up for a few costs of devices."""

    def imported_costs(self, dataset):
        return self.devices if dataset == "cifar10" else {}


def on_devices(**costs):
    """Return the table of checks over made-up measurements, which are those that the checks were made with."""
    data, accuracies = layout(), made_up()
    (one,) = (truth for truth in data["truth"] if truth["dataset"] == "cifar10")
    one["sha256"] = digest(accuracies)
    space = WithDevices(test=accuracies)
    space.devices = {"latency:edgegpu": np.ones(len(NB201))} | {f"{k.replace('_', ':')}@x": v for k, v in costs.items()}
    data["hardware"]["sha256"] |= {
        name.partition("@")[0]: digest(np.nan_to_num(values, nan=-1), 1e6) for name, values in space.devices.items()
    }
    asked = Sources({"nb201": space}, proxies(), lambda space, dataset: ())
    return make(data, "exact", asked), accuracies, asked.notes


def test_a_budget_is_a_quantile_of_the_valid_cells_and_ties_in_it_allow_the_nearest(only):
    prefix = "hw.budget.edgegpu_energy.q0.20"
    only(*(f"{prefix}.{name}" for name in ("budget", "n", "acc.oracle", "acc.params", "acc.naswot")))
    energy = NB201.costs("cifar10")["params"] / 1e5
    table, accuracies, notes = on_devices(energy_edgegpu=energy)
    valid, params = NB201.valid(), NB201.costs("cifar10")["params"]
    budget = np.sort(energy[valid])[round(0.2 * (valid.sum() - 1))]
    assert row(table, f"{prefix}.budget")["ours"] == budget
    within = valid & (energy <= budget)
    assert row(table, f"{prefix}.n")["ours"] == within.sum() >= 1889
    assert row(table, f"{prefix}.acc.oracle")["ours"] == accuracies[within].max()
    tied = accuracies[within & (params == params[within].max())]
    printed = float(row(table, f"{prefix}.acc.params")["published"])
    assert len(tied) > 1
    assert row(table, f"{prefix}.acc.params")["ours"] == min(tied, key=lambda one: abs(one - printed))
    assert any("print takes the first in the order of a table of its own" in note for note in notes)
    assert row(table, f"{prefix}.acc.naswot")["verdict"].startswith("missing: no stored suite-zero scores")


def test_print_counts_networks_that_did_not_compile_as_the_quickest(only):
    name = "hw.nb201.cifar10.spearman.params.edgetpu_latency.valid9445"
    only(name)
    latency = np.random.default_rng(1).uniform(1, 9, len(NB201))
    latency[::3] = np.nan
    table, _, notes = on_devices(latency_edgetpu=latency)
    valid, params = NB201.valid(), NB201.costs("cifar10")["params"]
    expected = spearmanr(params[valid], np.nan_to_num(latency, nan=-1)[valid]).statistic
    assert row(table, name)["ours"] == pytest.approx(expected, abs=1e-12)
    assert any("did not compile for the Edge TPU" in note for note in notes)


def test_other_measurements_are_not_those_of_the_checks(only):
    only("hw.nb201.cifar10.edgegpu_energy.max")
    space = WithDevices()
    space.devices = {"energy:edgegpu": np.ones(len(NB201))}
    (found,) = make(layout(), "exact", Sources({"nb201": space}, proxies(), lambda space, dataset: ())).records()
    assert found["verdict"] == "missing: the measurements of HW-NAS-Bench 1.0 are not installed"


@pytest.mark.reference
def test_every_check_that_the_reference_data_allow_is_equal(reference):
    columns = {"cifar10": "cifar10", "cifar100": "cifar100", "ImageNet16-120": "imagenet16_120"}
    table = reference / "data" / "nb201_truth.csv.gz"

    def bring(version, **storing):
        targets = tuple(f"{dataset}:test={version}_{name}_test_acc" for dataset, name in columns.items())
        import_file(NB201, table, TableOptions(targets), storing=Storing(name=version))

    bring("v11")
    before = make(layout(), "exact", sources()).records()
    assert NO_TRUTH in next(r["verdict"] for r in before if r["check"] == "nb201.best_test_acc.cifar10")
    bring("nats10")
    bring("v10")
    import_file(NB201, reference / "data" / "hw_nas_bench_nb201.csv.gz", TableOptions(costs=("all",)))
    after = {record["check"]: record for record in make(layout(), "exact", sources()).records()}
    own = [name for name in after if name.startswith(("nb201.", "stat.")) and "nbsz_" not in name]
    assert len(own) == 174
    scored = tuple(f".acc.{name}" for name in FOREIGN)
    own += [name for name in after if name.startswith("hw.") and not name.endswith(scored)]
    own.append("transnas-micro.count.dedup2128")
    assert len(own) == 174 + 126 + 1
    assert {name: after[name]["verdict"] for name in own} == dict.fromkeys(own, "inside")
    assert {name for name, record in after.items() if record["ours"] is not None} == set(own)
