"""The pickles of zero-cost-nas (Abdelfattah et al., ICLR 2021), read through the restricted unpickler.

A file is one pickle after another, a dictionary a network: `{i, arch, logmeasures {proxy: value}, trainacc, valacc,
testacc}` of NAS-Bench-201, `{hash, logmeasures}` of NAS-Bench-101; or a single list of `{name, logmeasures, valacc}` of
pytorchcv's networks, whose `valacc` is an error and left out. A run that was started again appended its networks once
more: the last one counts. The data set stands in the file's name (`nb2_cf10_seed42_...`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy._core.multiarray import scalar

from zsbench.errors import UsageError, ZsbenchError
from zsbench.exchange.reading import Reading, dataset_of, index_of, shortened
from zsbench.pickles import load_pickles
from zsbench.registry import find_space
from zsbench.spaces.base import Space

SOURCE = "zero-cost-nas"
SUFFIXES = (".p", ".pickle", ".pkl")
_ALLOWED = {
    ("numpy", "dtype"): np.dtype,
    **{(f"numpy.{core}.multiarray", "scalar"): scalar for core in ("core", "_core")},
}
_DATASETS = {"cf10": "cifar10", "cf100": "cifar100", "im120": "ImageNet16-120"}
_KEYS: Mapping[str, tuple[str, str]] = {"hash": ("nb101", ""), "i": ("nb201", "arch"), "name": ("zoo-imagenet", "")}
"""What names a network -> its space, and what names it as well."""
_MEASURES = "logmeasures"
_ACCURACIES = ("trainacc", "valacc", "testacc")
_FORMAT = "see docs/benchmarks.md for the format; nothing was imported"


def is_zero_cost_nas(path: Path) -> bool:
    """Return whether a file's name is that of pickles."""
    return path.name.lower().endswith(SUFFIXES)


def read(path: Path, space: Space | None = None, dataset: str | None = None) -> Reading:
    """Read a file; without a `space`, what names the networks tells it, without a `dataset`, the file's name.

    Raise `ZsbenchError` for a file that is damaged, of another format, or asks for anything to be executed, and
    `UsageError` if the data set isn't said.
    """
    records = list(_records(path))
    if not records:
        raise ZsbenchError(f"{path} is empty", "fetch it again")
    key = _key(records[0], f"{path}: network 1")
    found = Reading(space or find_space(_KEYS[key][0]))
    of = _dataset(path, found.space, dataset)
    last: dict[int, tuple[str, dict[str, Any]]] = {}
    for number, record in enumerate(records, start=1):
        where = f"{path}: network {number:,}"
        if _key(record, where) != key:
            raise ZsbenchError(f"{where} is named otherwise than the first", _FORMAT)
        index = index_of(found.space, str(record[key]), where)
        _check(record, index, found.space, where)
        last[index] = where, record
    if len(last) < len(records):
        found.remarks.append(
            f"{len(records) - len(last):,} networks were appended again: the last scores of each count"
        )
    for index, (where, record) in last.items():
        try:
            _keep(found, of, index, record, errors=key == "name")
        except ValueError as error:
            raise ZsbenchError(f"{where}: {error}", _FORMAT) from None
    found.check(path)
    return found


def _records(path: Path) -> Iterator[Any]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ZsbenchError(f"cannot read {path}: {error.strerror or error}") from error
    for held in load_pickles(content, path, _ALLOWED):
        if isinstance(held, list):
            yield from held
        else:
            yield held


def _key(record: Any, where: str) -> str:
    """Return which field names the network; raise `ZsbenchError` for a record of another format."""
    if not isinstance(record, dict) or not isinstance(record.get(_MEASURES), dict):
        raise ZsbenchError(f"{where} is not in the format of zero-cost-nas: no dictionary with {_MEASURES}", _FORMAT)
    for key, (_, besides) in _KEYS.items():
        if key in record:
            odd = set(record) - {key, besides, _MEASURES, *_ACCURACIES}
            if odd:
                raise ZsbenchError(f"{where} has unknown fields: {', '.join(sorted(map(str, odd)))}", _FORMAT)
            return key
    raise ZsbenchError(f"{where} names no network: none of {', '.join(_KEYS)}", _FORMAT)


def _check(record: Mapping[str, Any], index: int, space: Space, where: str) -> None:
    """Raise `ZsbenchError` if the record calls the network by another architecture than its number."""
    if "arch" in record and index_of(space, str(record["arch"]), where) != index:
        raise ZsbenchError(f"{where} is number {index} and {shortened(str(record['arch']))}: not the same", _FORMAT)


def _dataset(path: Path, space: Space, dataset: str | None) -> str:
    if dataset is not None or len(space.datasets) == 1:
        return dataset_of(space, dataset or space.datasets[0].name, str(path))
    found = re.search("|".join(sorted(_DATASETS, key=len, reverse=True)), path.name.lower())
    if found is None:
        names = ", ".join(known.name for known in space.datasets)
        raise UsageError(
            f"which dataset are the scores in {path.name} for? Its name doesn't say", f"--dataset, one of {names}"
        )
    return dataset_of(space, _DATASETS[found[0]], str(path))


def _keep(found: Reading, dataset: str, index: int, record: Mapping[str, Any], *, errors: bool) -> None:
    for name, value in record[_MEASURES].items():
        found.add(dataset, index, str(name), value)
    for word in _ACCURACIES[1:]:
        if word in record and not errors:
            found.add_accuracy(dataset, word, index, float(record[word]))
