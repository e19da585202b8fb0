"""`zsbench env`: what is installed here, and where things lie."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zsbench.cli.options import FormatOption, OutputOption
from zsbench.cli.output import emit
from zsbench.errors import ZsbenchError
from zsbench.tables import Cell, Column, Table

if TYPE_CHECKING:
    from zsbench.manifest import BenchmarkFile

PACKAGES = ("zsbench", "torch", "numpy", "scipy", "pandas", "h5py", "pyarrow", "scikit-image", "typer", "rich")

Row = tuple[Cell, ...]


def env(format: FormatOption = None, output: OutputOption = None) -> None:
    """Show versions, devices, folders and what is installed."""
    rows = (*_versions(), *_devices(), *_folders(), *_truth(), *_files(), *_plugins())
    columns = (Column("about"), Column("name"), Column("value"))
    emit(Table("Environment", columns, rows), format, output)


def _versions() -> Iterator[Row]:
    import platform

    yield "version", "python", platform.python_version()
    for name in PACKAGES:
        yield "version", name, importlib.metadata.version(name)


def _devices() -> Iterator[Row]:
    import platform

    import torch

    from zsbench.provenance import cpu_model

    yield "device", "system", platform.platform()
    yield "device", "cpu", cpu_model()
    yield "device", "cores", len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield "device", "torch threads", torch.get_num_threads()
    for number in range(torch.cuda.device_count()):
        yield "device", f"cuda:{number}", torch.cuda.get_device_name(number)
    if torch.backends.mps.is_available():
        yield "device", "mps", "available"


def _folders() -> Iterator[Row]:
    from zsbench.paths import data_folder, packaged, results_folder

    yield "folder", "results", str(results_folder())
    yield "folder", "data", str(data_folder())
    yield "folder", "configs", str(packaged("configs"))


def _truth() -> Iterator[Row]:
    from zsbench.registry import spaces

    for space in spaces().values():
        for dataset in space.datasets:
            names = sorted(space.targets(dataset.name))
            yield "truth", f"{space.name} {dataset.name}", ", ".join(names) or "none installed"


def _files() -> Iterator[Row]:
    from zsbench.cifar import find_cifar
    from zsbench.manifest import benchmark_files
    from zsbench.paths import data_folder

    for kind in ("cifar10", "cifar100"):
        found = find_cifar(kind, data_folder())
        yield "file", f"{kind} images", str(found[1]) if found else "not there: photos are used"
    for file in benchmark_files().values():
        yield "file", file.name, _place(file)


def _place(file: BenchmarkFile) -> str:
    try:
        path = file.location()
    except ZsbenchError as error:
        return error.message
    return str(path) if path.is_file() else "not there"


def _plugins() -> Iterator[Row]:
    for group in ("zsbench.proxies", "zsbench.spaces"):
        for entry_point in importlib.metadata.entry_points(group=group):
            yield "plug-in", entry_point.name, entry_point.value
