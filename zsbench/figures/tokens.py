"""Colours by what they stand for, each for light and for dark ground; the page swaps one for the other in CSS.

Files are drawn in the light colours. No two tokens share one, so that a colour in an SVG says which token it is. The
colours of families keep apart for colour-blind readers and from the ground (a test simulates it); each family also has
a marker of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Token:
    """A colour by its role: `#rrggbb` on light and on dark ground."""

    name: str
    light: str
    dark: str


INK = Token("ink", "#1f2328", "#eef3f8")
MUTED = Token("muted", "#59636e", "#9aa4af")
RULE = Token("rule", "#d5dbe1", "#313943")
BAND = Token("band", "#eceff2", "#1e252d")
GROUND = Token("ground", "#ffffff", "#10151b")
ON_MIDDLE = Token("on-middle", "#010203", "#06090d")
ON_STRONG = Token("on-strong", "#fefefe", "#06090d")
"""Text on the middle and on the strong colours of the scale; on the weak ones it is ink."""
OTHERS = Token("others", "#dfe4e9", "#2a323b")
"""What stands behind, for comparison."""

_FAMILIES = {
    "complexity": (Token("complexity", "#89919b", "#868f99"), "s"),
    "gradient": (Token("gradient", "#0059a0", "#4493f0"), "o"),
    "gradient statistics": (Token("gradient-statistics", "#3a9ad9", "#a5d8ff"), "D"),
    "activation": (Token("activation", "#d1560a", "#f07a38"), "^"),
    "kernel": (Token("kernel", "#93306f", "#f0a3d0"), "v"),
    "expressivity": (Token("expressivity", "#0a8a70", "#22c79b"), "P"),
    "aggregate": (Token("aggregate", "#24292f", "#f0f3f6"), "*"),
}
_FURTHER = ((Token("further-1", "#7c5a00", "#e6d36b"), "X"), (Token("further-2", "#7f5bd6", "#8a5cf0"), "p"))

_ENDS = {"light": ("#b0480a", "#f5f7f9", "#0b5394"), "dark": ("#ff9f5e", "#1b222a", "#74bdfb")}
STEPS = 10
"""Steps of the scale from 0 to a correlation of 1, and to -1."""


@dataclass(frozen=True)
class Family:
    """How a family of proxies looks."""

    name: str
    token: Token
    marker: str

    @property
    def colour(self) -> str:
        """Its colour in files."""
        return self.token.light


def families(names: Iterable[str]) -> dict[str, Family]:
    """Return how each family looks: the known ones in a fixed order, then those of plug-ins by name."""
    given = set(names)
    ordered = [name for name in _FAMILIES if name in given] + sorted(given - set(_FAMILIES))
    strangers = [name for name in ordered if name not in _FAMILIES]
    looks = _FAMILIES | {name: _FURTHER[i % len(_FURTHER)] for i, name in enumerate(strangers)}
    return {name: Family(name, *looks[name]) for name in ordered}


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours `#rrggbb` as WCAG 2 defines it, 1 to 21."""
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    shares = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _mixed(first: str, second: str, share: float) -> str:
    ends = ([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in (first, second))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in zip(*ends, strict=True))


def _step(k: int, ground: str) -> str:
    low, middle, high = _ENDS[ground]
    return _mixed(middle, high if k > 0 else low, abs(k) / STEPS)


SCALE = {k: Token(f"scale{k:+d}", _step(k, "light"), _step(k, "dark")) for k in range(-STEPS, STEPS + 1)}
"""Step of a correlation, -10 to 10 -> its colour: blue where it agrees, orange where it is backwards."""


def scale(value: float) -> Token:
    """Return the colour of a correlation in [-1, 1]."""
    return SCALE[round(value * STEPS)]


def text_on(value: float) -> Token:
    """Return the colour of text on `scale(value)`: the one that stands out most on both grounds."""
    background = scale(value)

    def worst(text: Token) -> float:
        return min(contrast(text.light, background.light), contrast(text.dark, background.dark))

    return max((INK, ON_STRONG, ON_MIDDLE), key=worst)


TOKENS = (
    *(INK, MUTED, RULE, BAND, GROUND, ON_MIDDLE, ON_STRONG, OTHERS),
    *(token for token, _ in (*_FAMILIES.values(), *_FURTHER)),
    *SCALE.values(),
)
