"""Which NDS files are spaces, and what the networks in each are made of.

The other files of NDS vary the training, not the network (`*_lr-wd`, `*_rng1`-`3`, `*_reruns`), and are no spaces.
Which block `ResNet-B` has is not published beside the files: its entries say it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from zsbench.spaces import nds_cell, nds_stages
from zsbench.spaces.base import Dataset
from zsbench.spaces.nds_counts import CIFAR10, IMAGENET

Family: TypeAlias = nds_cell.Family | nds_stages.Family
Net: TypeAlias = nds_cell.CellNet | nds_stages.StageNet

_POOLS = ("avg_pool_3x3", "max_pool_3x3")
_SEPARABLE = ("sep_conv_3x3", "sep_conv_5x5", "sep_conv_7x7")

_DARTS = nds_cell.Family(4, ("none", *_POOLS, "skip_connect", *_SEPARABLE[:2], "dil_conv_3x3", "dil_conv_5x5"))
_ENAS = nds_cell.Family(5, ("skip_connect", *_SEPARABLE[:2], *_POOLS))
_PNAS = nds_cell.Family(5, ("skip_connect", *_SEPARABLE, *_POOLS, "conv_7x1_1x7", "dil_conv_3x3"))
_AMOEBA = nds_cell.Family(5, ("skip_connect", *_SEPARABLE, *_POOLS, "dil_sep_conv_3x3", "conv_7x1_1x7"))
_NASNET = nds_cell.Family(
    5,
    (
        "skip_connect",
        *("conv_1x1", "conv_3x3", "conv_3x1_1x3", "conv_7x1_1x7", "dil_conv_3x3"),
        *(*_POOLS, "max_pool_5x5", "max_pool_7x7"),
        *_SEPARABLE,
    ),
)
_BASIC = nds_stages.Family((nds_stages.BASIC,))
_BOTTLENECK = nds_stages.Family((nds_stages.BOTTLENECK,))
_RESIDUAL = nds_stages.Family((nds_stages.BASIC, nds_stages.BOTTLENECK))
_PLAIN = nds_stages.Family((nds_stages.PLAIN,))


@dataclass(frozen=True)
class NdsFile:
    """An official file, and the space that its entries are."""

    space: str
    file: str
    """Its name without `.json`."""
    family: Family
    dataset: Dataset = CIFAR10


FILES = (
    NdsFile("nds-amoeba", "Amoeba", _AMOEBA),
    NdsFile("nds-amoeba-in", "Amoeba_in", _AMOEBA, IMAGENET),
    NdsFile("nds-darts", "DARTS", _DARTS),
    NdsFile("nds-darts-fix", "DARTS_fix-w-d", _DARTS),
    NdsFile("nds-darts-in", "DARTS_in", _DARTS, IMAGENET),
    NdsFile("nds-enas", "ENAS", _ENAS),
    NdsFile("nds-enas-fix", "ENAS_fix-w-d", _ENAS),
    NdsFile("nds-enas-in", "ENAS_in", _ENAS, IMAGENET),
    NdsFile("nds-nasnet", "NASNet", _NASNET),
    NdsFile("nds-nasnet-in", "NASNet_in", _NASNET, IMAGENET),
    NdsFile("nds-pnas", "PNAS", _PNAS),
    NdsFile("nds-pnas-fix", "PNAS_fix-w-d", _PNAS),
    NdsFile("nds-pnas-in", "PNAS_in", _PNAS, IMAGENET),
    NdsFile("nds-resnet", "ResNet", _BASIC),
    NdsFile("nds-resnet-b", "ResNet-B", _RESIDUAL),
    NdsFile("nds-resnext-a", "ResNeXt-A", _BOTTLENECK),
    NdsFile("nds-resnext-a-in", "ResNeXt-A_in", _BOTTLENECK, IMAGENET),
    NdsFile("nds-resnext-b", "ResNeXt-B", _BOTTLENECK),
    NdsFile("nds-resnext-b-in", "ResNeXt-B_in", _BOTTLENECK, IMAGENET),
    NdsFile("nds-vanilla", "Vanilla", _PLAIN),
)
NO_SPACES = (
    *("DARTS_lr-wd", "DARTS_lr-wd_in", "ResNet_lr-wd", "ResNet_lr-wd_in", "Vanilla_lr-wd", "Vanilla_lr-wd_in"),
    *("ResNet_reruns", "ResNet_rng1", "ResNet_rng2", "ResNet_rng3"),
    *("Vanilla_reruns", "Vanilla_rng1", "Vanilla_rng2", "Vanilla_rng3"),
)
"""The files that vary the training."""
