"""Write `data/zoo/networks.csv` anew from the installed package: `python docs/zoo_table.py` (some ten minutes).

Every network for which the package prints an error is built and run on no data: its parameters must be those that the
package states, and multiply-accumulates are counted. Of networks that execute equal layers on equal shapes in equal
order, and give equal outputs with equal weights, the first is named in the column `same_as` of the others.
"""

from __future__ import annotations

import ast
import csv
import hashlib
import importlib.util
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from zsbench.networks.zoo import zoo_network
from zsbench.truths.zoo_embedded import rows

TABLE = Path(__file__).parents[1] / "data" / "zoo" / "networks.csv"
COLUMNS = ("name", "dataset", "family", "module", "params", "macs", "same_as")
SIZES = {"ImageNet": 224, "cifar10": 32, "cifar100": 32}
FAMILIES = {
    "AirNet": "airnet airnext",
    "AlexNet": "alexnet zfnet",
    "BagNet": "bagnet",
    "CondenseNet": "condensenet",
    "DARTS": "darts",
    "DIA-ResNet": "diaresnet_cifar diapreresnet_cifar",
    "DLA": "dla",
    "DPN": "dpn",
    "DRN": "drn",
    "DarkNet": "darknet darknet53",
    "DenseNet": "densenet densenet_cifar peleenet xdensenet_cifar",
    "DiCENet": "dicenet",
    "DiracNet": "diracnetv2",
    "ESPNetv2": "espnetv2",
    "EfficientNet": "efficientnet efficientnetedge",
    "FBNet": "fbnet",
    "FishNet": "fishnet",
    "HRNet": "hrnet",
    "HarDNet": "hardnet",
    "IBN-Net": "ibnresnet ibnbresnet ibnresnext ibndensenet",
    "IGCV3": "igcv3",
    "Inception": "bninception inceptionv3 inceptionv4 inceptionresnetv1 inceptionresnetv2",
    "MENet": "menet",
    "MixNet": "mixnet",
    "MnasNet": "mnasnet spnasnet",
    "MobileNet": "mobilenet mobilenetb fdmobilenet mobilenetv2 mobilenetv3",
    "NASNet": "nasnet pnasnet",
    "NIN": "nin_cifar",
    "PolyNet": "polynet",
    "PreResNet": "preresnet preresnet_cifar",
    "ProxylessNAS": "proxylessnas",
    "PyramidNet": "pyramidnet pyramidnet_cifar",
    "RegNet": "regnet",
    "RiR": "rir_cifar",
    "RoR": "ror_cifar",
    "ResNeSt": "resnesta",
    "ResNeXt": "resnext resnext_cifar",
    "ResNet": "resnet resneta resnetd resnet_cifar",
    "ResNet-attention": "bamresnet cbamresnet scnet",
    "SE-PreResNet": "sepreresnet sepreresnet_cifar",
    "SE-ResNet": "seresnet seresnet_cifar",
    "SE-ResNeXt": "seresnext senet",
    "SelecSLS": "selecsls",
    "Shake-Shake": "shakeshakeresnet_cifar",
    "ShuffleNet": "shufflenet shufflenetv2 shufflenetv2b",
    "SqueezeNet": "squeezenet squeezenext",
    "VGG": "vgg",
    "VoVNet": "vovnet",
    "WRN": "wrn wrn_cifar wrn1bit_cifar",
    "Xception": "xception",
    "i-RevNet": "irevnet",
}
"""Family -> the package's modules of it."""


def main() -> None:
    """Build all, check all, write the table."""
    for name in ("kaiming_uniform_", "kaiming_normal_", "normal_", "uniform_", "constant_"):
        setattr(nn.init, name, lambda tensor, *_, **__: tensor)  # weights don't matter here, and drawing them is slow
    family_of = {module: family for family, modules in FAMILIES.items() for module in modules.split()}
    builder_of, table, first = builders(), list[tuple[str | int, ...]](), dict[str, tuple[str, str]]()
    for name, row in rows().items():
        dataset = dataset_of(row)
        if not dataset:
            continue
        module = builder_of[name]
        network = zoo_network(module, name, SIZES[dataset]).train()
        params = sum(weights.numel() for weights in network.parameters())
        if params != int(row["net_weights"]):
            sys.exit(f"{name} has {params} parameters, the package states {row['net_weights']}")
        macs, digest = run(network.to("meta"), SIZES[dataset])
        earlier = first.setdefault(digest, (module, name))
        same = earlier[1] if earlier[1] != name and compute_equally(earlier, (module, name), SIZES[dataset]) else ""
        table.append((name, dataset, family_of[module], module, params, macs, same))
        print(*table[-1], flush=True)
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *table])


def dataset_of(row: dict[str, str]) -> str:
    """Return the dataset of a network with a printed error; empty for any other."""
    if row["error_value"] == "NA":
        return ""
    if row["test_dataset"] == "in1k":
        return "ImageNet"
    suffix = row["model_name"].rpartition("_")[2]
    return suffix if suffix in SIZES else ""


def builders() -> dict[str, str]:
    """Return network -> module, from the import statements of the package's provider, which is not imported itself."""
    package = importlib.util.find_spec("pytorchcv")
    if package is None or package.origin is None:
        sys.exit("pytorchcv is not installed")
    tree = ast.parse(Path(package.origin).with_name("model_provider.py").read_text(encoding="utf-8"))
    return {
        name.name: str(node.module).removeprefix("models.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("models.")
        for name in node.names
    }


def run(network: nn.Module, size: int) -> tuple[int, str]:
    """Return multiply-accumulates of one input, and a digest of the layers executed and their shapes."""
    macs, seen = 0, hashlib.sha256()

    def look(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        nonlocal macs
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            macs += output[0].numel() * module.weight[0].numel()
        shapes = [tuple(x.shape) for x in (*inputs, output) if isinstance(x, Tensor)]
        seen.update(f"{module} {shapes}\n".encode())

    for module in network.modules():
        if not any(module.children()):
            module.register_forward_hook(look)
    with torch.no_grad():
        network(torch.empty(2, 3, size, size, device="meta"))
    return macs, seen.hexdigest()


def compute_equally(one: tuple[str, str], other: tuple[str, str], size: int) -> bool:
    """Return whether two networks (module, name) give equal outputs once they have equal weights."""
    first, second = (zoo_network(*network, size).eval() for network in (one, other))
    with torch.no_grad():
        for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
            if a.is_floating_point():
                a.uniform_(0.01, 0.1)
            b.copy_(a)
        x = torch.randn(1, 3, size, size)
        return bool(torch.equal(first(x), second(x)))


if __name__ == "__main__":
    main()
