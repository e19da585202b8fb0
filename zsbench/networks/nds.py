"""The network of any NDS architecture."""

from __future__ import annotations

from torch import nn

from zsbench.networks.nds_cells import cifar_cell_network, imagenet_cell_network
from zsbench.networks.nds_stages import stage_network
from zsbench.spaces.base import Dataset
from zsbench.spaces.nds_counts import IMAGENET
from zsbench.spaces.nds_stages import StageNet
from zsbench.spaces.nds_table import Net


def build(net: Net, dataset: Dataset) -> nn.Module:
    """Build the network of an architecture for a dataset."""
    if isinstance(net, StageNet):
        return stage_network(net, dataset.classes)
    return (imagenet_cell_network if dataset == IMAGENET else cifar_cell_network)(net, dataset.classes)
