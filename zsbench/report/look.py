"""Colours of the page: the figures' tokens and one for links, as custom properties for light and for dark ground."""

from __future__ import annotations

from collections.abc import Callable

from zsbench.figures.tokens import TOKENS, Token
from zsbench.report.inline import property_of

ACCENT = Token("accent", "#0b5394", "#74bdfb")
"""Links, focus, buttons."""
PALETTE = (*TOKENS, ACCENT)


def palette() -> str:
    """Return the rules that set the colours: by the system's wish, by the button, and always light on paper."""
    light = f"color-scheme:light;{_properties(lambda token: token.light)}"
    dark = f"color-scheme:dark;{_properties(lambda token: token.dark)}"
    return "\n".join(
        (
            f":root{{{light}}}",
            f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}",
            f"@media screen{{:root[data-theme=dark]{{{dark}}}}}",
        )
    )


def _properties(colour: Callable[[Token], str]) -> str:
    return "".join(f"{property_of(token.name)}:{colour(token)};" for token in PALETTE)
