"""TransNAS-Bench-101: official order, encodings, sizes of encoders and heads, every task at its native resolution."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from zsbench.errors import UsageError
from zsbench.networks.transnas import MicroCell
from zsbench.registry import find_space
from zsbench.spaces.transnas import TASKS
from zsbench.spaces.transnas_macro import official_order

MICRO, MACRO = find_space("transnas-micro"), find_space("transnas-macro")
SPACES = {"micro": MICRO, "macro": MACRO}
ENCODERS = {
    "64-41414-0_00_000": 19_488,
    "64-41414-2_32_323": 22_340_640,
    "64-41414-1_02_333": 22_520_608,
    "64-41414-3_33_333": 41_411_616,
    "64-4111-basic": 2_317_600,
    "64-2311-basic": 2_334_240,
    "64-1234-basic": 3_400_224,
}
WITH_HEADS = {
    "class_object": 22_571_908,
    "class_scene": 22_552_927,
    "room_layout": 22_525_225,
    "jigsaw": 27_129_608,
    "segmentsemantic": 33_544_785,
    "normal": 45_392_467,
    "autoencoder": 45_392_467,
}
"""Of the cell 1_02_333."""


def space_of(arch: str) -> Any:
    return MACRO if arch.endswith("basic") else MICRO


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())


def on_meta(arch: str, task: str) -> nn.Module:
    """Build without memory and without drawing weights."""
    with torch.device("meta"):
        return space_of(arch).network(arch, task)


def macs(network: nn.Module, size: int) -> int:
    """Count the multiply-accumulates of one image by running on meta tensors."""
    found: list[int] = []

    def count(module: Any, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        many = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
        found.append(many[0].numel() * module.weight[0].numel())

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear | nn.ConvTranspose2d):
            module.register_forward_hook(count)
    network(torch.empty(2, 3, size, size, device="meta"))
    return sum(found)


@pytest.mark.parametrize(
    ("space", "index", "arch"),
    [
        (MACRO, 0, "64-4111-basic"),
        (MACRO, 1, "64-2311-basic"),
        (MICRO, 0, "64-41414-0_00_000"),
        (MICRO, 1, "64-41414-0_00_001"),
        (MICRO, 4095, "64-41414-3_33_333"),
    ],
)
def test_architectures_have_their_official_index(space: Any, index: int, arch: str) -> None:
    assert space.arch(index) == arch
    assert space.index(arch) == space.index(str(index)) == index


@given(st.integers(0, 4095))
def test_cells_round_trip_in_every_notation(index: int) -> None:
    arch = MICRO.arch(index)
    key = arch.removeprefix("64-41414-").replace("_", "")
    for text in (arch, arch.removeprefix("64-41414-"), key, str(tuple(map(int, key)))):
        assert MICRO.index(text) == index


@given(st.integers(0, 3255))
def test_skeletons_round_trip_in_every_notation(index: int) -> None:
    arch = MACRO.arch(index)
    digits = arch.split("-")[1]
    assert MACRO.index(arch) == MACRO.index(str(tuple(map(int, digits)))) == index


def test_the_skeletons_are_all_that_fit_the_rule() -> None:
    def fits(digits: tuple[str, ...]) -> bool:
        doubled, halved = sum(d in "24" for d in digits), sum(d in "34" for d in digits)
        return 1 <= doubled <= 3 and 1 <= halved <= 4

    every = {"".join(digits) for n in (4, 5, 6) for digits in itertools.product("1234", repeat=n) if fits(digits)}
    assert set(official_order()) == every
    assert len(MACRO) == len(every) == 3256
    assert [sum(len(digits) == n for digits in every) for n in (4, 5, 6)] == [210, 750, 2296]


@pytest.mark.parametrize(
    ("space", "text"),
    [
        (MICRO, "4096"),
        (MICRO, "64-41414-1_02_334"),
        (MICRO, "64-41414-1_02_33"),
        (MICRO, "64-1234-basic"),
        (MICRO, "(1, 0, 2, 3, 3)"),
        (MICRO, "1_0_2_333"),
        (MICRO, ""),
        (MACRO, "3256"),
        (MACRO, "64-1111-basic"),
        (MACRO, "64-22221-basic"),
        (MACRO, "64-123-basic"),
        (MACRO, "64-41414-1_02_333"),
        (MACRO, "(1, 1, 1, 1)"),
        (MACRO, "-1"),
    ],
)
def test_what_is_no_architecture_is_refused(space: Any, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        space.index(text)
    assert caught.value.hint


def test_dead_valid_and_isomorphic_cells_are_counted() -> None:
    assert (int(MICRO.dead().sum()), int(MICRO.valid().sum()), len(set(MICRO.keys()))) == (169, 2128, 1310)
    assert MICRO.valid()[0]
    assert not MACRO.dead().any()
    assert MACRO.valid().all()
    assert len(set(MACRO.keys())) == len(MACRO)


def key(cell: str) -> str:
    return MICRO.keys()[MICRO.index(cell)]


def test_a_skip_from_the_input_is_an_operation_of_its_own_and_zeros_stay_zero() -> None:
    assert key("1_01_000") == key("0_00_000")  # nothing reaches the output
    assert key("1_01_001") == key("0_10_001") == key("0_00_100")  # skips of nodes 1 and 2 are their nodes
    assert key("2_01_001") == key("0_00_200")
    assert key("2_02_001") != key("0_00_200")
    assert key("3_20_020") == key("2_30_002")  # nodes 1 and 2 swapped
    assert key("0_20_302") == key("0_23_332")  # what comes from an empty node is nothing
    assert key("1_00_020") != key("0_00_200")  # a strided skip is a convolution


@pytest.mark.parametrize(
    ("one", "other"), [("201001", "000200"), ("320020", "230002"), ("020302", "023332"), ("102100", "102130")]
)
@pytest.mark.parametrize("shape", [(4, 8, 2), (4, 4, 1)])
def test_equal_keys_mean_equal_functions(one: str, other: str, shape: tuple[int, int, int]) -> None:
    def run(digits: str) -> torch.Tensor:
        cell = MicroCell([int(digit) for digit in digits], shape)
        for parameter in cell.parameters():
            if parameter.dim() == 4:  # equal shapes get equal weights
                generator = torch.Generator().manual_seed(parameter.numel())
                parameter.data = torch.randn(parameter.shape, generator=generator)
        result: torch.Tensor = cell(torch.randn(2, 4, 6, 6, generator=torch.Generator().manual_seed(0)))
        return result

    assert (MICRO.keys()[MICRO.index(one)] == MICRO.keys()[MICRO.index(other)]) == torch.equal(run(one), run(other))


@pytest.mark.parametrize("arch", ENCODERS)
def test_encoders_have_the_published_size(arch: str) -> None:
    space = space_of(arch)
    index = space.index(arch)
    assert space.encoder_costs(256)[0][index] == ENCODERS[arch]
    assert space.facts(index)["encoder params"] == ENCODERS[arch]
    assert parameters(on_meta(arch, "room_layout").get_submodule("encoder")) == ENCODERS[arch]


@pytest.mark.parametrize("task", WITH_HEADS)
def test_networks_with_heads_have_the_published_size(task: str) -> None:
    arch = "64-41414-1_02_333"
    assert MICRO.costs(task)["params"][MICRO.index(arch)] == WITH_HEADS[task]
    assert parameters(on_meta(arch, task)) == WITH_HEADS[task]


def test_the_sizes_that_nas_bench_suite_zero_prints_are_ours() -> None:
    params = MICRO.costs("class_scene")["params"]
    assert params[MICRO.index("2_32_323")] == 22_372_959
    assert params[MICRO.index("3_11_212")] == 7_892_319


@settings(max_examples=8, deadline=None)
@given(st.data(), st.sampled_from(list(SPACES)), st.sampled_from([task.name for task in TASKS]))
def test_closed_forms_are_the_counts_of_the_networks(data: st.DataObject, kind: str, task: str) -> None:
    space = SPACES[kind]
    index = data.draw(st.integers(0, len(space) - 1))
    network = on_meta(space.arch(index), task)
    costs = space.costs(task)
    assert parameters(network) == costs["params"][index]
    assert macs(network, space.dataset(task).size) == costs["flops"][index]


@pytest.mark.parametrize("task", [task.name for task in TASKS])
@pytest.mark.parametrize("arch", ["64-41414-1_00_101", "64-4433-basic"])
def test_every_task_runs_at_its_native_resolution(arch: str, task: str) -> None:
    space = space_of(arch)
    given = space.dataset(task)
    network = space.network(arch, task)
    with torch.no_grad():
        output = network(torch.randn(2, 3, given.size, given.size))[:1]
    dense = task in {"segmentsemantic", "normal", "autoencoder"}
    assert output.shape == ((1, given.classes, 256, 256) if dense else (1, given.classes))
    if task in {"normal", "autoencoder"}:
        assert output.abs().max() <= 1
    assert torch.isfinite(output).all()


@pytest.mark.parametrize("digits", ["2311", "1234", "334411", "3344"])
def test_decoders_return_to_full_resolution_from_any_number_of_halvings(digits: str) -> None:
    for task in ("segmentsemantic", "normal"):
        network = on_meta(f"64-{digits}-basic", task)
        assert network(torch.empty(2, 3, 256, 256, device="meta")).shape[2:] == (256, 256)


def test_jigsaw_sees_nine_tiles_each_with_statistics_of_its_own() -> None:
    network = MACRO.network("64-4433-basic", "jigsaw").train()
    images = torch.randn(2, 3, 192, 192)
    with torch.no_grad():
        maps = network.forward_features(images)
        tile = network.get_submodule("encoder")(images[:, :, 64:128, 128:])
    channels = maps.shape[1] // 9
    torch.testing.assert_close(maps[:, 5 * channels : 6 * channels], tile)


def test_the_stem_and_the_strided_skip_are_as_described() -> None:
    network = MICRO.network("64-41414-1_00_100", "class_scene")
    skip = network.get_submodule("encoder.3.operations.0")
    x = torch.randn(2, 64, 6, 6)
    even, odd = (nn.functional.conv2d(part, layer.weight) for part, layer in (
        (x.relu()[:, :, ::2, ::2], skip.even), (x.relu()[:, :, 1::2, 1::2], skip.odd)
    ))  # fmt: skip
    expected = nn.functional.batch_norm(torch.cat([even, odd], 1), None, None, training=True)
    torch.testing.assert_close(skip(x), expected)
    assert network.get_submodule("encoder.0").weight.std().item() == pytest.approx((2 / (32 * 9)) ** 0.5, rel=0.1)


def test_the_shortcut_of_a_block_has_the_authors_eps_and_momentum() -> None:
    norms = [m for m in on_meta("64-1234-basic", "room_layout").modules() if isinstance(m, nn.BatchNorm2d)]
    assert sorted({(norm.eps, norm.momentum) for norm in norms}) == [(1e-5, 0.1), (1.0, 1.0)]
    assert sum(norm.eps == 1.0 for norm in norms) == 3


def test_higher_is_better_and_loss_needs_labels_where_there_are_some() -> None:
    assert {task.name for task in TASKS if not task.unlabelled} == {"class_scene", "class_object", "jigsaw"}
    assert MICRO.dataset("room_layout").quantity.high == 0
    assert MICRO.dataset("normal").quantity.high == 1


@pytest.mark.reference
def test_order_equals_the_published_table(reference: Path) -> None:
    import pandas as pd

    table = pd.read_csv(reference / "data" / "transnas101_truth.csv.gz")
    for kind, space in SPACES.items():
        assert table[table["space"] == kind]["arch_str"].tolist() == [space.arch(i) for i in range(len(space))]


@pytest.mark.reference
def test_params_equal_those_of_the_suite_zero_sample(reference: Path) -> None:
    import gzip
    import json

    sample = json.loads(gzip.decompress((reference / "data" / "transnas_suitezero_sample.json.gz").read_bytes()))
    compared = 0
    for task, entries in sample.items():
        params = MICRO.costs(task)["params"]
        for text, entry in entries.items():
            assert params[MICRO.index(text)] == pytest.approx(entry["params"]["score"] * 1e6, abs=0.5)
            compared += 1
    assert compared == 7 * 200


@pytest.mark.reference
@pytest.mark.parametrize(
    ("space", "target", "peak", "arch"),
    [
        ("micro", "class_scene_valid_top1", 54.9363, "64-41414-3_32_132"),
        ("micro", "jigsaw_valid_top1", 95.3722, "64-41414-3_30_132"),
        ("micro", "room_layout_valid_neg_loss", -0.59378, "64-41414-3_11_131"),
        ("micro", "autoencoder_valid_ssim", 0.57723, "64-41414-1_20_310"),
        ("macro", "normal_valid_ssim", 0.64354, None),
    ],
)
def test_a_csv_of_the_best_epochs_imports_with_the_known_optimum(
    reference: Path, tmp_path: Path, space: str, target: str, peak: float, arch: str | None
) -> None:
    import pandas as pd

    from zsbench.truths.importing import TableOptions, import_file

    table = pd.read_csv(reference / "data" / "transnas101_truth.csv.gz")
    table[table["space"] == space][["arch_str", target]].to_csv(tmp_path / "t.csv", index=False)
    task = target.partition("_valid_")[0]
    import_file(SPACES[space], tmp_path / "t.csv", TableOptions((f"{task}:valid-best={target}",)))
    truth = SPACES[space].truth(task, "valid-best")
    assert np.isfinite(truth.values).all()
    assert np.max(truth.values) == pytest.approx(peak, abs=1e-4)
    if arch:
        assert SPACES[space].arch(int(np.argmax(truth.values))) == arch
