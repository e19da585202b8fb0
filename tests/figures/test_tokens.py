"""Colours: readable on both grounds, apart for colour-blind readers, and each one a token's own."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from zsbench.figures import tokens
from zsbench.figures.tokens import GROUND, INK, MUTED, SCALE, STEPS, TOKENS, contrast, families, scale, text_on

FAMILIES = families(
    ["activation", "aggregate", "complexity", "expressivity", "gradient", "gradient statistics", "kernel"]
)
SEEN_AS = {
    "as it is": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
"""Linear RGB as others see it (Machado, Oliveira and Fernandes, IEEE TVCG 2009, severity 1)."""


def linear(colour):
    share = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    """Return the colour in Oklab, where distances are about what people see (Ottosson, 2020)."""
    cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    back = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(back) @ np.cbrt(np.clip(np.array(cones) @ rgb, 0, None))


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#123456", "#123456") == 1


def test_no_two_tokens_share_a_colour():
    assert len({token.light for token in TOKENS}) == len(TOKENS)
    assert len({token.name for token in TOKENS}) == len(TOKENS)


@pytest.mark.parametrize("k", SCALE)
def test_a_number_on_a_cell_can_be_read_on_both_grounds(k):
    text, cell = text_on(k / STEPS), scale(k / STEPS)
    assert contrast(text.light, cell.light) >= 4.5
    assert contrast(text.dark, cell.dark) >= 4.5


@pytest.mark.parametrize("token", [INK, MUTED], ids=lambda token: token.name)
def test_text_can_be_read_on_both_grounds(token):
    assert contrast(token.light, GROUND.light) >= 4.5
    assert contrast(token.dark, GROUND.dark) >= 4.5


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_marks_stand_out_from_both_grounds(family):
    assert contrast(family.token.light, GROUND.light) >= 3
    assert contrast(family.token.dark, GROUND.dark) >= 3


@pytest.mark.parametrize("ground", ["light", "dark"])
@pytest.mark.parametrize("sight", SEEN_AS)
def test_families_are_told_apart_whatever_the_sight(ground, sight):
    seen = {
        name: oklab(np.array(SEEN_AS[sight]) @ linear(getattr(family.token, ground)))
        for name, family in FAMILIES.items()
    }
    distances = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(seen, 2)}
    assert min(distances.values()) > 0.06, min(distances, key=distances.get)


def test_every_family_has_a_marker_of_its_own_and_strangers_get_one_too():
    looks = families([*FAMILIES, "pruning", "spectral"])
    assert list(looks)[-2:] == ["pruning", "spectral"]
    assert len({look.marker for look in looks.values()}) == len(looks)
    assert len({look.colour for look in looks.values()}) == len(looks)


def test_the_scale_goes_from_one_end_to_the_other():
    assert [scale(value) for value in (-1, 0, 1)] == [SCALE[-10], SCALE[0], SCALE[10]]
    assert tokens.SCALE[10].light == "#0b5394"
