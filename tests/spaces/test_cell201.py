from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zsbench.errors import UsageError
from zsbench.spaces import cell201

STRING = "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
DIGEST = "83abc799e45cf34e9d2163654668ab998b9a54d01c39e72ca1f71f2cdf356d84"
CELLS = [cell201.digits_of(index) for index in range(cell201.SIZE)]


def test_the_order_is_the_official_one() -> None:
    strings = [cell201.to_string(digits) for digits in CELLS]
    assert hashlib.sha256("\n".join(strings).encode()).hexdigest() == DIGEST
    assert strings[0] == STRING
    assert strings[9] == "|avg_pool_3x3~0|+|none~0|none~1|+|skip_connect~0|none~1|nor_conv_3x3~2|"
    assert [CELLS[i] for i in (1462, 1651, 1835)] == [(3,) * 6, (0,) * 6, (1,) * 6]


@pytest.mark.parametrize("notation", [cell201.to_string, cell201.to_key, cell201.to_tuple])
def test_every_cell_survives_every_notation(notation: object) -> None:
    assert callable(notation)
    assert [cell201.parse(notation(digits)) for digits in CELLS] == CELLS


def test_indices_survive_too() -> None:
    assert [cell201.parse(str(index)) for index in range(cell201.SIZE)] == CELLS
    assert [cell201.index_of(digits) for digits in CELLS] == list(range(cell201.SIZE))


def test_the_notations_agree_on_a_known_cell() -> None:
    # the tuple of index 0 stands in NAS-Bench-Suite-Zero's files
    for text in ("(4, 3, 3, 0, 0, 0)", "[4,3,3,0,0,0]", "421211", STRING, "0", f"  {STRING}\n"):
        assert cell201.index_of(cell201.parse(text)) == 0
    # NASLib counts edges by source: 1-2, 1-3, 1-4, 2-3, 2-4, 3-4
    assert cell201.to_string(cell201.parse("(3, 0, 1, 4, 0, 1)")) == (
        "|nor_conv_1x1~0|+|skip_connect~0|avg_pool_3x3~1|+|none~0|skip_connect~1|none~2|"
    )


def test_six_digits_are_a_key_and_fewer_an_index() -> None:
    assert cell201.parse("000011") == (0, 0, 0, 0, 1, 1)
    assert cell201.parse("11") == CELLS[11]
    assert cell201.parse("15624") == CELLS[15624]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        (STRING.replace("skip_connect~2", "skip_conect~2"), "character 81: 'skip_conect'", "did you mean skip_connect"),
        (STRING.replace("|avg_pool_3x3~0|", "|conv~0|", 1), "character 2: 'conv'", "nor_conv"),
        (STRING.replace("skip_connect~2", "skip_connect~1"), "operation 3 of node 3 must end with '~2'", "like"),
        (STRING.replace("~0|skip", "|skip", 1), "operation 1 of node 2 must end with '~0', at character 19", "like"),
        (STRING[:-1], "node 3 must begin and end with '|', at character 50", "like"),
        ("|none~0|+|none~0|none~1|", "2 nodes instead of 3", "like"),
        ("|none~0|+|none~0|+|none~0|none~1|none~2|", "node 2 has 1 operations instead of 2, at character 10", "like"),
        ("|+|+|", "node 1 must begin and end", "like"),
        ("||+||+||", "there is no such operation, at character 2: ''", "none"),
        ("resnet18", "cannot read 'resnet18'", "index"),
        ("", "cannot read ''", "index"),
        ("000157", "digit 5 of the six-digit key '000157' is 5", "3 nor_conv_3x3"),
        ("15625", "no architecture 15625", "15624"),
        ("-1", "no architecture -1", "15624"),
        ("(1, 2, 3)", "3 numbers instead of 6", ""),
        ("(1, 2, 3, 4, 0, 5)", "number 6 of the tuple '(1, 2, 3, 4, 0, 5)' is '5'", "NASLib"),
        ("(1, 2, 3, 4, 0, 1", "does not end with ')'", ""),
    ],
)
def test_an_error_says_where_the_text_fails(text: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        cell201.parse(text)
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.exit_code == 2


@given(st.text(alphabet="|~+012345()[], nocskip_aevtr3x\n", max_size=60))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    try:
        digits = cell201.parse(text)
    except UsageError:
        return
    assert digits in CELLS


def paths(digits: cell201.Digits) -> Iterator[tuple[int, ...]]:
    """Yield every input-output path as the edges it takes, by brute force over subsets of edges."""
    present = [edge for edge in range(6) if digits[edge] != 0]
    for length in range(1, 4):
        for chosen in itertools.permutations(present, length):
            ends = [cell201.EDGES[edge] for edge in chosen]
            linked = all(a[1] == b[0] for a, b in itertools.pairwise(ends))
            if linked and ends[0][0] == 0 and ends[-1][1] == 3:
                yield chosen


def test_dead_and_complete_equal_a_search_of_all_paths() -> None:
    verdicts = {}
    for present in itertools.product((0, 1), repeat=6):
        found = list(paths(present))
        used = set(itertools.chain.from_iterable(found))
        verdicts[present] = (not found, used == {edge for edge in range(6) if present[edge]})
    expected = np.array([verdicts[tuple(int(digit != 0) for digit in digits)] for digits in CELLS])
    np.testing.assert_array_equal(cell201.dead(), expected[:, 0])
    np.testing.assert_array_equal(cell201.complete(), expected[:, 1])
    assert cell201.dead().sum() == 341
    assert cell201.complete().sum() == 9445


def test_isomorphism_classes_are_those_of_the_authors() -> None:
    keys = cell201.unique_strings()
    sizes = np.unique(keys, return_counts=True)[1]
    assert (len(sizes), int((sizes > 1).sum()), int(sizes.max())) == (6466, 1350, 275)
    assert keys[0] == "(0)@avg_pool_3x3+(0)@avg_pool_3x3+(0)@nor_conv_1x1+(0)@nor_conv_1x1"


def test_equal_keys_mean_equal_functions() -> None:
    """Each cell as a polynomial over symbolic operations: keys that are equal give equal values at a random point."""
    weight = np.random.default_rng(0).uniform(1, 2, 5)
    weight[:2] = 0, 1
    shift = np.array([0.0, 0.0, 0.3, 0.5, 0.7])  # not linear: op(x) = weight * x^2 + shift
    apply = [lambda x, w=w, s=s: w * x**2 + s if s else w * x for w, s in zip(weight, shift, strict=True)]
    outputs: dict[str, float] = {}
    for key, (a, b, c, d, e, f) in zip(cell201.unique_strings(), CELLS, strict=True):
        first = apply[a](0.9)
        second = apply[b](0.9) + apply[c](first)
        if first == 0 or second == 0:
            continue  # op(0) of the key's zeros is zero, of this op it isn't
        output = apply[d](0.9) + apply[e](first) + apply[f](second)
        assert outputs.setdefault(key, output) == pytest.approx(output)
    assert len(outputs) > 4000


def test_depth_is_the_most_convolutions_on_any_path() -> None:
    def deepest(digits: cell201.Digits) -> int:
        def paths(node: int, convolutions: int) -> Iterator[int]:
            if node == 3:
                yield convolutions
            for (source, target), name in zip(cell201.EDGES, cell201.operations_of(digits), strict=True):
                if source == node and name != "none":
                    yield from paths(target, convolutions + name.startswith("nor_conv"))

        return max(paths(0, 0), default=0)

    assert cell201.depth().tolist() == [deepest(digits) for digits in CELLS]
