"""Where proxies and spaces are declared and found; knows no torch.

A proxy is a function of its evidence with a declarative header; a space is an object. Both may come from this
package (one file each, found by walking `zsbench.proxies` and `zsbench.spaces`) or from an installed plug-in that
names a module under the entry-point groups `zsbench.proxies` and `zsbench.spaces`. Spaces may also come from a shelf:
a function that says which there are just now.
"""

from __future__ import annotations

import fnmatch
import importlib
import importlib.metadata
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any, TypeVar

from zsbench.errors import UsageError, ZsbenchError, unknown_name

if TYPE_CHECKING:
    from zsbench.evidence import Need
    from zsbench.spaces.base import Space

S = TypeVar("S", bound="Space")
Shelf = TypeVar("Shelf", bound=Callable[[], Mapping[str, Any]])
T = TypeVar("T", "Proxy", "Space")


@dataclass(frozen=True)
class Proxy:
    """A training-free score: what it needs, which direction is better, where it was published."""

    name: str
    score: Callable[..., Any]
    needs: tuple[Need, ...]
    higher_is_better: bool
    family: str
    criterion: str
    cite: str
    version: int
    """Raised whenever the definition changes: stored scores of another version are reported and recomputed."""
    of: tuple[str, ...]
    """For a rank aggregate: the proxies it is made of, at analysis, over the population being ranked."""
    experimental: str
    """Why the definition is not settled; empty for the others."""
    rtol: float = 2e-5
    """How far rounding alone (another memory layout, processor, library) may move a value; `zsbench check` heeds it.

    Relative to the larger of the value itself and the proxy's median size over networks.
    """

    @property
    def is_aggregate(self) -> bool:
        """Whether the score exists only within a population of networks."""
        return bool(self.of)

    @property
    def sign(self) -> int:
        """+1 when a higher raw value is better, else -1; fixed by the definition, never by data."""
        return 1 if self.higher_is_better else -1

    @property
    def sees_loose_ends(self) -> bool:
        """Whether it may depend on operations that the network's output does not depend on."""
        return any(need.sees_loose_ends for need in self.needs)

    @property
    def is_drawn(self) -> bool:
        """Whether it may depend on the draw of weights and inputs."""
        return any(need.is_drawn for need in self.needs)

    @property
    def summary(self) -> str:
        """The first line of the defining module's docstring."""
        return (importlib.import_module(self.score.__module__).__doc__ or "").strip().splitlines()[0]


_proxies: dict[str, Proxy] = {}
_spaces: dict[str, Space] = {}
_shelves: list[Callable[[], Mapping[str, Space]]] = []


def proxy(  # noqa: PLR0913 (a header of keywords, most of them optional)
    *,
    higher_is_better: bool,
    family: str,
    criterion: str,
    cite: str,
    needs: Need | tuple[Need, ...] = (),
    of: tuple[str, ...] = (),
    version: int = 1,
    experimental: str = "",
    rtol: float = 2e-5,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the decorated function as the proxy of its own name; its arguments are its needs, in order."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _add(
            _proxies,
            "proxy",
            Proxy(
                name=function.__name__,
                score=function,
                needs=needs if isinstance(needs, tuple) else (needs,),
                higher_is_better=higher_is_better,
                family=family,
                criterion=criterion,
                cite=cite,
                version=version,
                of=of,
                experimental=experimental,
                rtol=rtol,
            ),
        )
        return function

    return register


def space(instance: S) -> S:
    """Register a space under its own name."""
    added: Space = instance
    _add(_spaces, "space", added)
    return instance


def shelf(spaces_now: Shelf) -> Shelf:
    """Register a function that returns, by name, spaces which come and go; it is asked at every look-up."""
    _shelves.append(spaces_now)
    return spaces_now


def _add(known: dict[str, T], kind: str, item: T) -> None:
    if item.name in known:
        msg = f"two {kind} definitions are called {item.name!r}"
        raise ValueError(msg)
    known[item.name] = item


@cache
def _discover(group: str) -> None:
    package = importlib.import_module(group)
    for module in pkgutil.iter_modules(package.__path__):
        _load(f"{group}.{module.name}", partial(importlib.import_module, f"{group}.{module.name}"))
    for entry_point in importlib.metadata.entry_points(group=group):
        _load(entry_point.value, entry_point.load)


def _load(name: str, load: Callable[[], object]) -> None:
    try:
        load()
    except ZsbenchError:
        raise
    except Exception as error:  # whatever a plug-in's code may raise: its author reads which file
        raise ZsbenchError(
            f"{name} cannot be loaded: {type(error).__name__}: {error}", "mend that file, or take it away"
        ) from error


def proxies() -> dict[str, Proxy]:
    """Return every registered proxy by name, in alphabetical order."""
    _discover("zsbench.proxies")
    return dict(sorted(_proxies.items()))


def spaces() -> dict[str, Space]:
    """Return every registered space by name, in alphabetical order."""
    _discover("zsbench.spaces")
    shelved = {name: one for spaces_now in _shelves for name, one in spaces_now().items()}
    return dict(sorted((shelved | _spaces).items()))


def find_space(name: str) -> Space:
    """Return the space called `name`; raise `UsageError` with a suggestion if there is none."""
    _discover("zsbench.spaces")
    if name in _spaces:
        return _spaces[name]
    known = spaces()
    if name not in known:
        raise unknown_name("space", name, known)
    return known[name]


def select_spaces(pattern: str) -> list[Space]:
    """Return the space called `pattern`, or all that a wildcard matches; raise `UsageError` if there are none."""
    if not _is_wildcard(pattern):
        return [find_space(pattern)]
    known = spaces()
    matches = [space for name, space in known.items() if fnmatch.fnmatchcase(name, pattern)]
    if not matches:
        raise UsageError(f"no space matches {pattern!r}", f"known: {', '.join(known)}")
    return matches


def _is_wildcard(pattern: str) -> bool:
    return any(mark in pattern for mark in "*?[")


def select_proxies(patterns: Iterable[str], others: Mapping[str, Proxy] | None = None) -> list[Proxy]:
    """Return the proxies that any of `patterns` names: a name, a wildcard, `family:NAME` or `all`; no doubles.

    `others` are known by name besides those registered.
    """
    known = {**proxies(), **(others or {})}
    chosen: dict[str, Proxy] = {}
    for pattern in patterns:
        chosen |= {p.name: p for p in _matching(pattern, known)}
    return sorted(chosen.values(), key=lambda p: p.name)


def _matching(pattern: str, known: dict[str, Proxy]) -> list[Proxy]:
    if pattern == "all":
        return list(known.values())
    if pattern.startswith("family:"):
        family = pattern.removeprefix("family:")
        matches = [p for p in known.values() if p.family == family]
        if not matches:
            raise unknown_name("family", family, {p.family for p in known.values()})
        return matches
    if _is_wildcard(pattern):
        matches = [p for name, p in known.items() if fnmatch.fnmatchcase(name, pattern)]
        if not matches:
            raise UsageError(f"no proxy matches {pattern!r}", f"known: {', '.join(known)}")
        return matches
    if pattern not in known:
        raise unknown_name("proxy", pattern, known)
    return [known[pattern]]
