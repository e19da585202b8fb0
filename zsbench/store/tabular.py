"""Data frames of scores as files: CSV, TSV, JSON records, Parquet; floats keep every digit."""

from __future__ import annotations

import io
import json
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd

from zsbench.errors import UsageError, ZsbenchError


class Kind(StrEnum):
    """A file format for whole frames."""

    TSV = "tsv"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def kind_of(path: Path) -> Kind:
    """Return the format that a file's name says (`.csv.gz` is CSV); raise `UsageError` if it says none."""
    suffixes = [s.removeprefix(".") for s in path.suffixes if s not in (".gz", ".xz", ".bz2", ".zst")]
    if suffixes and suffixes[-1].lower() in set(Kind):
        return Kind(suffixes[-1].lower())
    raise UsageError(f"{path.name} says no format", f"known: {', '.join('.' + kind for kind in Kind)}")


def to_bytes(frame: pd.DataFrame, kind: Kind) -> bytes:
    """Return the frame in a file format; what is NaN is empty in CSV and TSV and null in JSON."""
    if kind is Kind.PARQUET:
        buffer = io.BytesIO()
        frame.to_parquet(buffer, index=False)
        return buffer.getvalue()
    if kind is Kind.JSON:
        plain = frame.astype(object).where(frame.notna(), None)
        return (json.dumps(plain.to_dict(orient="records"), ensure_ascii=False, default=_plain) + "\n").encode()
    return frame.to_csv(index=False, sep="\t" if kind is Kind.TSV else ",", lineterminator="\n").encode()


def read_frame(path: Path) -> pd.DataFrame:
    """Read a long-form file; raise `ZsbenchError` if there is none or it cannot be read as what its name says."""
    kind = kind_of(path)
    try:
        if kind is Kind.PARQUET:
            return pd.read_parquet(path)
        if kind is Kind.JSON:
            return pd.DataFrame.from_records(json.loads(path.read_text(encoding="utf-8")))
        return _read_separated(path, "\t" if kind is Kind.TSV else ",")
    except FileNotFoundError as error:
        raise ZsbenchError(f"no such file: {path}") from error
    except (OSError, ValueError, TypeError, AttributeError) as error:  # the parsers' errors are ValueErrors
        raise ZsbenchError(f"cannot read {path} as {kind}: {error}") from error


def _read_separated(path: Path, separator: str) -> pd.DataFrame:
    # All as it is written: "NA" may be a name, and how exactly pandas reads a float depends on its version.
    return pd.read_csv(path, sep=separator, dtype=str, keep_default_na=False)


def _plain(value: np.generic) -> object:
    return value.item()
