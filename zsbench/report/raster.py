"""Pictures within figures, such as clouds of points: of one colour each, which then can follow the theme as well."""

from __future__ import annotations

import base64
import io
from xml.etree import ElementTree as ET

import numpy as np
from matplotlib.image import imread

SVG = "http://www.w3.org/2000/svg"
HREF = "{http://www.w3.org/1999/xlink}href"
_PNG = "data:image/png;base64,"
_PLACE = ("x", "y", "width", "height")


def tint(root: ET.Element) -> None:
    """Put in the place of every picture of one colour a rectangle of that colour, seen through the picture's opacity.

    Pictures of several colours stay as they are.
    """
    pictures = [element for element in root.iter(f"{{{SVG}}}image") if element.get(HREF, "").startswith(_PNG)]
    for number, picture in enumerate(pictures):
        colour = _colour(base64.b64decode(picture.attrib[HREF].removeprefix(_PNG)))
        if colour:
            _see_through(picture, colour, f"mask{number}")


def _colour(png: bytes) -> str:
    """Return the colour that all points of a picture have, as `#rrggbb`; empty if there are several, or none."""
    pixels = np.rint(imread(io.BytesIO(png), format="png") * 255).astype(int)
    if pixels.ndim != 3 or pixels.shape[2] != 4:
        return ""
    found = np.unique(pixels[pixels[..., 3] > 0][:, :3], axis=0)
    return "#" + "".join(f"{part:02x}" for part in found[0]) if len(found) == 1 else ""


def _see_through(picture: ET.Element, colour: str, name: str) -> None:
    """Turn a picture into a group of a mask, the picture itself, and a rectangle under it."""
    given = dict(picture.attrib)
    picture.clear()
    picture.tag = f"{{{SVG}}}g"
    if "clip-path" in given:
        picture.set("clip-path", given["clip-path"])
    whole = {key: given[key] for key in _PLACE}
    mask = ET.SubElement(picture, f"{{{SVG}}}mask", whole | {"id": name, "maskUnits": "userSpaceOnUse"})
    mask.set("style", "mask-type: alpha")
    ET.SubElement(mask, f"{{{SVG}}}image", whole | {HREF: given[HREF]})
    # The mask lies in the coordinates of what it covers, turned and moved as that is.
    turned = {"transform": given["transform"]} if "transform" in given else {}
    ET.SubElement(picture, f"{{{SVG}}}rect", whole | turned | {"mask": f"url(#{name})", "style": f"fill: {colour}"})
