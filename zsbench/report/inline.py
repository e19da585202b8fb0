"""Figures within the page: styles become classes, colours become custom properties, names stay the figure's own.

Without `style` attributes the page can forbid inline styles; with custom properties one SVG serves light and dark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from zsbench.figures.tokens import TOKENS
from zsbench.report.raster import HREF, SVG, tint

_LEFT_OUT = {f"{{{SVG}}}metadata", f"{{{SVG}}}style"}
"""The rule that matplotlib writes for all elements would be one for the page: it stands in the style sheet."""
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_UNTURNED = re.compile(r"rotate\(-?0(?: [^)]*)?\)")
_DROPPED = {"font-family"}
"""Text is in the page's own font."""


def property_of(token: str) -> str:
    """Return the custom property that carries a colour of `zsbench.figures.tokens`."""
    return f"--{token.replace('+', 'p')}"


_PROPERTIES = {token.light: f"var({property_of(token.name)})" for token in TOKENS}


@dataclass
class Styles:
    """The classes of all figures of a page: one for each set of declarations."""

    _classes: dict[str, str] = field(default_factory=dict)

    def of(self, declarations: str) -> str:
        """Return the class that stands for CSS declarations; empty if nothing is left of them."""
        kept = []
        for declaration in declarations.split(";"):
            key, _, value = (part.strip() for part in declaration.partition(":"))
            if key and key not in _DROPPED:
                kept.append(f"{key}:{_PROPERTIES.get(value, value)}")
        return self._classes.setdefault(";".join(kept), f"f{len(self._classes)}") if kept else ""

    def css(self) -> str:
        """Return the rules of all classes."""
        return "\n".join(f".{name}{{{declarations}}}" for declarations, name in self._classes.items())


def inlined(svg: bytes, name: str, styles: Styles) -> str:
    """Return a figure of matplotlib as an element of the page.

    It takes its name from the element `NAME-title` and its description from `NAME-alt`.
    """
    root = ET.fromstring(svg)  # noqa: S314 (what matplotlib has just written for us)
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in _LEFT_OUT:
                parent.remove(child)
    tint(root)
    used = {match for element in root.iter() for match in _references(element)}
    for element in root.iter():
        _adapt(element, name, styles, used)
    # The style sheet says how large a point is: all figures of a page are drawn to one scale.
    wide = root.attrib.pop("width", "").removesuffix("pt")
    for key in ("height", "version"):
        root.attrib.pop(key, None)
    root.attrib |= {
        "class": styles.of(f"--wide:{wide}"),
        "role": "img",
        "aria-labelledby": f"{name}-title",
        "aria-describedby": f"{name}-alt",
    }
    return ET.tostring(root, encoding="unicode")


def _references(element: ET.Element) -> list[str]:
    found = [match for value in element.attrib.values() for match in _REFERENCE.findall(value)]
    href = element.get(HREF, "")
    return [*found, href[1:]] if href.startswith("#") else found


def _adapt(element: ET.Element, name: str, styles: Styles, used: set[str]) -> None:
    element.tag = element.tag.removeprefix(f"{{{SVG}}}")
    if (href := element.attrib.pop(HREF, None)) is not None:
        element.set("href", f"#{name}-{href[1:]}" if href.startswith("#") else href)
    if (id_ := element.attrib.pop("id", None)) in used:
        element.set("id", f"{name}-{id_}")
    if class_ := styles.of(element.attrib.pop("style", "")):
        element.set("class", class_)
    for key, value in list(element.attrib.items()):
        if key == "transform" and _UNTURNED.fullmatch(value):
            del element.attrib[key]
        elif key in {"d", "x", "y"}:
            element.set(key, " ".join(_LONG.sub(_hundredths, value).split()))
        else:
            element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))
    # Only text means anything between the tags.
    if element.tag not in {"text", "tspan"}:
        element.text = None
    element.tail = "\n" if element.tag in {"g", "path"} else None


def _hundredths(match: re.Match[str]) -> str:
    return f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
