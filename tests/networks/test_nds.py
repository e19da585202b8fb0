from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from zsbench.conditions import Conditions
from zsbench.evaluate.network import Outcome, score_subject
from zsbench.inputs import Batch, Inputs
from zsbench.networks.nds_cells import OPERATIONS, FactorizedReduce, cifar_cell_network, imagenet_cell_network
from zsbench.networks.nds_stages import stage_network
from zsbench.probes import Subject
from zsbench.registry import proxies
from zsbench.score import Status
from zsbench.spaces.nds_cell import Cell, CellNet, Family, parse
from zsbench.spaces.nds_counts import Counts, count_cells, count_stages
from zsbench.spaces.nds_stages import BLOCKS, StageNet
from zsbench.spaces.nds_stages import Family as StageFamily
from zsbench.spaces.nds_table import FILES

ANY = Family(0, tuple(sorted({name for file in FILES for name in file.family.operations})))
"""Every operation there is."""

# Published cells; what they come to, as other implementations of them count it.
NASNET = (
    "sep_conv_5x5~1+sep_conv_3x3~0|sep_conv_5x5~0+sep_conv_3x3~0|avg_pool_3x3~1+skip_connect~0|"
    "avg_pool_3x3~0+avg_pool_3x3~0|sep_conv_3x3~1+skip_connect~1>2.3.4.5.6/"
    "sep_conv_5x5~1+sep_conv_7x7~0|max_pool_3x3~1+sep_conv_7x7~0|avg_pool_3x3~1+sep_conv_5x5~0|"
    "skip_connect~3+avg_pool_3x3~2|sep_conv_3x3~2+max_pool_3x3~1>4.5.6"
)
PNAS_CELL = (
    "sep_conv_5x5~0+max_pool_3x3~0|sep_conv_7x7~1+max_pool_3x3~1|sep_conv_5x5~1+sep_conv_3x3~1|"
    "sep_conv_3x3~4+max_pool_3x3~1|sep_conv_3x3~0+skip_connect~1>2.3.4.5.6"
)
AMOEBANET = (
    "avg_pool_3x3~0+max_pool_3x3~1|sep_conv_3x3~0+sep_conv_5x5~2|sep_conv_3x3~0+avg_pool_3x3~3|"
    "sep_conv_3x3~1+skip_connect~1|skip_connect~0+avg_pool_3x3~1>4.5.6/"
    "avg_pool_3x3~0+sep_conv_3x3~1|max_pool_3x3~0+sep_conv_7x7~2|sep_conv_7x7~0+avg_pool_3x3~1|"
    "max_pool_3x3~0+max_pool_3x3~1|conv_7x1_1x7~0+sep_conv_3x3~5>3.4.6"
)
DARTS_V1 = (
    "sep_conv_3x3~1+sep_conv_3x3~0|skip_connect~0+sep_conv_3x3~1|skip_connect~0+sep_conv_3x3~1|"
    "sep_conv_3x3~0+skip_connect~2>2.3.4.5/"
    "max_pool_3x3~0+max_pool_3x3~1|skip_connect~2+max_pool_3x3~0|max_pool_3x3~0+skip_connect~2|"
    "skip_connect~2+avg_pool_3x3~0>2.3.4.5"
)
DARTS_V2 = (
    "sep_conv_3x3~0+sep_conv_3x3~1|sep_conv_3x3~0+sep_conv_3x3~1|sep_conv_3x3~1+skip_connect~0|"
    "skip_connect~0+dil_conv_3x3~2>2.3.4.5/"
    "max_pool_3x3~0+max_pool_3x3~1|skip_connect~2+max_pool_3x3~1|max_pool_3x3~0+skip_connect~2|"
    "skip_connect~2+max_pool_3x3~1>2.3.4.5"
)
PDARTS = (
    "skip_connect~0+dil_conv_3x3~1|skip_connect~0+sep_conv_3x3~1|sep_conv_3x3~1+sep_conv_3x3~3|"
    "sep_conv_3x3~0+dil_conv_5x5~4>2.3.4.5/"
    "avg_pool_3x3~0+sep_conv_5x5~1|sep_conv_3x3~0+dil_conv_5x5~2|max_pool_3x3~0+dil_conv_3x3~1|"
    "dil_conv_3x3~1+dil_conv_5x5~3>2.3.4.5"
)
PCDARTS = (
    "sep_conv_3x3~1+skip_connect~0|sep_conv_3x3~0+dil_conv_3x3~1|sep_conv_5x5~0+sep_conv_3x3~1|"
    "avg_pool_3x3~0+dil_conv_3x3~1>2.3.4.5/"
    "sep_conv_5x5~1+max_pool_3x3~0|sep_conv_5x5~1+sep_conv_5x5~2|sep_conv_3x3~0+sep_conv_3x3~3|"
    "sep_conv_3x3~1+sep_conv_3x3~2>2.3.4.5"
)
AMOEBA_ENTRY = (
    "avg_pool_3x3~0+conv_7x1_1x7~1|sep_conv_3x3~2+sep_conv_5x5~0|dil_sep_conv_3x3~2+dil_sep_conv_3x3~2|"
    "skip_connect~4+dil_sep_conv_3x3~4|conv_7x1_1x7~2+sep_conv_3x3~4>3.5.6/"
    "avg_pool_3x3~0+dil_sep_conv_3x3~1|sep_conv_3x3~0+sep_conv_3x3~0|skip_connect~2+sep_conv_7x7~0|"
    "conv_7x1_1x7~4+skip_connect~4|conv_7x1_1x7~0+conv_7x1_1x7~5>3.6"
)
CIFAR = {
    f"w36d20/{DARTS_V2}": 3_349_342,
    f"w36d20/{DARTS_V1}": 3_169_414,
    f"w36d20/{NASNET}": 3_830_950,
    f"w36d20/{AMOEBANET}": 3_145_078,
    f"w36d20/{PNAS_CELL}/{PNAS_CELL}": 4_481_110,
    f"w36d20/{PDARTS}": 3_433_798,
    f"w36d20/{PCDARTS}": 3_634_678,
    f"w16d8/{DARTS_V2}": 246_106,
    f"w32d12/{AMOEBA_ENTRY}": 4_190_314,
}
IMAGENET = {
    f"w48d14/{DARTS_V2}": 4_718_752,
    f"w48d14/{DARTS_V1}": 4_510_432,
    f"w48d14/{NASNET}": 5_564_320,
    f"w48d14/{AMOEBANET}": 4_627_360,
    f"w48d14/{PNAS_CELL}/{PNAS_CELL}": 6_394_912,
    f"w48d14/{PDARTS}": 4_944_352,
}
STAGES = {
    "res_bottleneck_block/16k3s1/16x64s1b0.25g2/1x128s2b0.25g1/4x16s2b0.25g2": (83_002, 69_890_986),
    "res_basic_block/16k3s1/12x24s1/12x24s2/12x40s2": (594_138, 184_519_578),
    "double_plain_block/16k3s1/12x24s1/12x32s2/12x40s2": (689_770, 208_363_930),
}
"""Entries of the official files: parameters, and what they call flops."""
RESNETS = {
    "res_basic_block/16k3s1/9x16s1/9x32s2/9x64s2": 855_770,
    "res_basic_block/16k3s1/18x16s1/18x32s2/18x64s2": 1_730_714,
    "double_plain_block/16k3s1/9x16s1/9x32s2/9x64s2": 853_018,
}


def read_cells(text: str) -> CellNet:
    nodes = text.split("/")[1].count("|") + 1
    return parse(text, Family(nodes, ANY.operations))


def parse_stages(text: str) -> StageNet:
    return StageFamily(BLOCKS).parse(text)


def parameters(build: Callable[[], nn.Module]) -> int:
    with torch.device("meta"):
        return sum(p.numel() for p in build().parameters())


@pytest.mark.parametrize("text", CIFAR)
def test_a_published_cell_has_the_known_parameters_on_cifar(text: str) -> None:
    net = read_cells(text)
    assert parameters(lambda: cifar_cell_network(net, 10)) == CIFAR[text]
    assert count_cells(net, 32, 10, imagenet=False).params == CIFAR[text]


@pytest.mark.parametrize("text", IMAGENET)
def test_a_published_cell_has_the_known_parameters_on_imagenet(text: str) -> None:
    net = read_cells(text)
    assert parameters(lambda: imagenet_cell_network(net, 1000)) == IMAGENET[text]
    assert count_cells(net, 224, 1000, imagenet=True).params == IMAGENET[text]


def test_multiply_accumulates_of_published_cells() -> None:
    darts = count_cells(read_cells(f"w36d20/{DARTS_V2}"), 32, 10, imagenet=False)
    assert darts.macs == 528_359_040
    assert count_cells(read_cells(f"w32d12/{AMOEBA_ENTRY}"), 32, 10, imagenet=False).macs == 654_774_016


@pytest.mark.parametrize("text", STAGES)
def test_an_official_entry_of_stages_has_its_parameters_and_flops(text: str) -> None:
    net = parse_stages(text)
    counts = count_stages(net, 32, 10)
    assert (counts.params, counts.anynet_flops) == STAGES[text]
    assert parameters(lambda: stage_network(net, 10)) == counts.params


@pytest.mark.parametrize("text", RESNETS)
def test_well_known_resnets_have_their_parameters(text: str) -> None:
    net = parse_stages(text)
    assert parameters(lambda: stage_network(net, 10)) == RESNETS[text] == count_stages(net, 32, 10).params


def test_resnet_56_has_the_published_multiply_accumulates() -> None:
    net = parse_stages("res_basic_block/16k3s1/9x16s1/9x32s2/9x64s2")
    assert count_stages(net, 32, 10).macs == 125_747_840


def test_resnet_50_comes_of_the_imagenet_stem() -> None:
    stages = "3x256s1b0.25g1/4x512s2b0.25g1/6x1024s2b0.25g1/3x2048s2b0.25g1"
    net = parse_stages(f"res_bottleneck_block/64k7s2p/{stages}")
    assert count_stages(net, 224, 1000).params == 25_557_032
    assert count_stages(net, 224, 1000).macs == 4_089_184_256


@st.composite
def cell(draw: st.DrawFn, nodes: int) -> Cell:
    edges = [(draw(st.sampled_from(ANY.operations)), draw(st.integers(0, 1 + n // 2))) for n in range(2 * nodes)]
    concat = draw(st.lists(st.integers(2, 1 + nodes), min_size=1, unique=True))
    return Cell(tuple(edges), tuple(concat))


@st.composite
def cell_net(draw: st.DrawFn) -> CellNet:
    nodes = draw(st.integers(1, 2))
    return CellNet(2 * draw(st.integers(1, 2)), draw(st.integers(1, 3)), draw(cell(nodes)), draw(cell(nodes)))


def counted(network: nn.Module, size: int) -> Counts:
    """Count by running: the twin of the arithmetic."""
    macs: list[int] = []
    normalised: list[int] = []

    def see(module: nn.Module, _inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            macs.append(output[0].numel() * module.weight[0].numel())
        elif isinstance(module, nn.BatchNorm2d):
            normalised.append(output[0].numel())

    for module in network.modules():
        module.register_forward_hook(see)
    with torch.no_grad():
        logits = network(torch.zeros(2, 3, size, size))
    return Counts(sum(p.numel() for p in network.parameters()), sum(macs), sum(normalised), logits.shape[1])


@settings(max_examples=20, deadline=None)
@given(cell_net(), st.booleans())
def test_the_arithmetic_counts_what_the_built_cells_do(net: CellNet, imagenet: bool) -> None:
    built = (imagenet_cell_network if imagenet else cifar_cell_network)(net, 7)
    size = 64 if imagenet else 16
    assert count_cells(net, size, 7, imagenet=imagenet) == counted(built, size)


@settings(max_examples=20, deadline=None)
@given(
    st.sampled_from(["double_plain_block", "res_basic_block", "res_bottleneck_block"]),
    st.sampled_from(["16k3s1", "8k3s2", "8k7s2p"]),
    st.lists(
        st.tuples(
            st.integers(1, 2),
            st.sampled_from([8, 16]),
            st.integers(1, 2),
            st.sampled_from([0.25, 0.5, 1.0]),
            st.sampled_from([1, 2]),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_the_arithmetic_counts_what_the_built_stages_do(
    block: str, stem: str, stages: list[tuple[int, int, int, float, int]]
) -> None:
    inside = [f"b{b}g{g}" if block == "res_bottleneck_block" else "" for *_, b, g in stages]
    text = "/".join([block, stem, *(f"{d}x{w}s{s}{i}" for (d, w, s, *_), i in zip(stages, inside, strict=True))])
    net = parse_stages(text)
    assert str(net) == text
    assert count_stages(net, 32, 7) == counted(stage_network(net, 7), 32)


@pytest.mark.parametrize("name", ANY.operations)
@pytest.mark.parametrize("stride", [1, 2])
def test_an_operation_keeps_the_channels_and_applies_the_stride(name: str, stride: int) -> None:
    x = torch.randn(2, 4, 9, 9)
    y = OPERATIONS[name](4, stride)(x)
    assert y.shape == (2, 4, -(-9 // stride), -(-9 // stride))
    assert (name == "none") == (not y.any())


def test_average_pooling_does_not_count_padding() -> None:
    x = torch.ones(1, 2, 4, 4)
    for stride in (1, 2):
        assert torch.allclose(OPERATIONS["avg_pool_3x3"](2, stride)(x), torch.ones(()))


def test_a_factorised_convolution_strides_each_axis_once() -> None:
    module = OPERATIONS["conv_7x1_1x7"](2, 2)
    shapes = [(tuple(m.weight.shape[2:]), m.stride) for m in module.modules() if isinstance(m, nn.Conv2d)]
    assert shapes == [((1, 7), (1, 2)), ((7, 1), (2, 1))]


def test_a_factorized_reduction_sees_every_other_pixel_on_both_diagonals() -> None:
    reduction = FactorizedReduce(1, 2)
    nn.init.ones_(reduction.even.weight)
    nn.init.ones_(reduction.odd.weight)
    x = torch.arange(16.0).reshape(1, 1, 4, 4)
    y = reduction.eval()(x) * np.sqrt(1 + 1e-5)
    torch.testing.assert_close(y, torch.stack([x[0, 0, ::2, ::2], x[0, 0, 1::2, 1::2]])[None])


def test_a_cell_adds_and_concatenates_as_written() -> None:
    """Slow and obvious: the cell of a text, written out."""
    torch.manual_seed(0)
    only = "avg_pool_3x3~1+skip_connect~0|max_pool_3x3~2+none~1>3.2"
    built = cifar_cell_network(read_cells(f"w4d1/{only}/{only}"), 5)
    x = torch.randn(2, 3, 8, 8)
    cell, stem = built.cells[0], built.stems[0](x)  # the only cell reduces: its width is 8
    zero, one = cell.preprocess[0](stem), cell.preprocess[1](stem)
    assert zero.shape == one.shape == (2, 8, 8, 8)
    two = functional.avg_pool2d(one, 3, 2, 1, count_include_pad=False) + cell.operations[1](zero)
    three = functional.max_pool2d(two, 3, 1, 1)
    features = built.forward_features(x)
    torch.testing.assert_close(features, torch.cat([three, two], 1))
    torch.testing.assert_close(built(x), built.classifier(features.mean((2, 3))))


def test_the_gradient_of_a_thin_reduction_of_large_images_is_right() -> None:
    """PyTorch's strided 1x1 convolution crashes on this shape; see `FactorizedReduce`."""
    reduction = FactorizedReduce(8, 8).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    x = torch.rand(4, 8, 56, 56).to(memory_format=torch.channels_last)
    reduction.norm = nn.Identity()
    (gradient,) = torch.autograd.grad(reduction(x).sum(), reduction.odd.weight)
    torch.testing.assert_close(gradient[0, :, 0, 0], x[:, :, 1::2, 1::2].sum((0, 2, 3)))


@pytest.mark.parametrize(
    "text", [f"w2d3/{DARTS_V2}", "res_basic_block/8k7s2p/1x8s1/1x8s2", "res_basic_block/8k3s2/1x8s2"]
)
def test_an_imagenet_network_maps_its_images_to_a_thousand_classes(text: str) -> None:
    network = (
        imagenet_cell_network(read_cells(text), 1000) if text[0] == "w" else stage_network(parse_stages(text), 1000)
    )
    x = torch.rand(2, 3, 224, 224)
    assert network(x).shape == (2, 1000)
    assert network.forward_features(x).shape[2:] == (
        (7, 7) if text[0] == "w" else (28, 28) if "p" in text else (56, 56)
    )


def jacob_cov_of(cells: str) -> Outcome:
    """Return the outcome of jacob_cov on a narrow CIFAR network of published cells."""
    generator = np.random.default_rng(0)
    images = (generator.standard_normal((6, 3, 32, 32)).astype(np.float32) for _ in range(2))
    inputs = Inputs("made up", tuple(Batch(each, np.arange(6)) for each in images), np.zeros((0, 1, 3, 3), "f4"))
    net = read_cells(f"w4d4/{cells}" if "/" in cells else f"w4d4/{cells}/{cells}")
    built = partial(cifar_cell_network, net, 10)
    subject = Subject("nds", built, lambda: None, inputs, Conditions(torch="2"), torch.device("cpu"))
    return score_subject(subject, [proxies()["jacob_cov"]])["jacob_cov"]


@pytest.mark.parametrize("cells", [DARTS_V1, DARTS_V2, PDARTS])
def test_where_the_last_cell_ends_with_batch_norm_alone_jacob_cov_is_degenerate(cells):
    # Every state that is concatenated is a sum of BatchNorms' outputs: over a batch, the pooled sum is constant.
    assert jacob_cov_of(cells).status is Status.DEGENERATE


@pytest.mark.parametrize("cells", [PNAS_CELL, NASNET, PCDARTS])
def test_where_a_pooling_follows_the_batch_norm_jacob_cov_is_a_number(cells):
    found = jacob_cov_of(cells)
    assert found.status is Status.OK
    assert np.isfinite(found.value)
