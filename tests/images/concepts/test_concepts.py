"""Concepts by name, and concepts at positions by a slow reference."""

import numpy as np
import pytest

from sememe.errors import ImageError
from sememe.images.concepts import ConceptMaps, Concepts

VALUES = np.array([[1, 0, 1], [1, 1, 0], [1, 0, 0]], bool)
CONCEPTS = Concepts(("all", "one", "first"), VALUES, ("a", "b", "b"))


def test_concepts_are_found_by_name_and_by_group():
    assert CONCEPTS["one"].tolist() == [False, True, False]
    assert CONCEPTS.group("b").names == ("one", "first")
    assert len(CONCEPTS) == 3
    with pytest.raises(ImageError, match="no concept 'none'; there are all, one, first"):
        CONCEPTS["none"]


def test_common_concepts_have_enough_items_and_at_most_half():
    values = np.arange(6)[:, None] < [0, 1, 3, 4, 6]
    concepts = Concepts(("none", "one", "half", "most", "all"), values, ("a",) * 5)
    assert concepts.common(1).names == ("one", "half")
    assert concepts.common(2).names == ("half",)


def test_names_must_fit():
    with pytest.raises(ImageError, match="3 concepts, but 2 names and 3 groups"):
        Concepts(("a", "b"), VALUES, ("g",) * 3)
    with pytest.raises(ImageError, match="Two concepts are called 'a'"):
        Concepts(("a", "b", "a"), VALUES, ("g",) * 3)


@pytest.mark.parametrize("reach", [0.0, 1.0, 2.5, 50.0])
def test_positions_have_what_a_pixel_within_reach_has(reach):
    rng = np.random.default_rng(5)
    maps = rng.random((4, 3, 9, 7)) < 0.04
    image = rng.integers(0, 4, 60)
    centre = np.stack([rng.uniform(-2, 10, 60), rng.uniform(-2, 8, 60)], axis=1)
    found = ConceptMaps(("a", "b", "c"), maps, ("g",) * 3).at(image, centre, reach)
    for item in range(60):
        row, column = centre[item]
        rows = [r for r in range(9) if abs(r - row) <= reach or r == np.clip(np.rint(row), 0, 8)]
        columns = [c for c in range(7) if abs(c - column) <= reach or c == np.clip(np.rint(column), 0, 6)]
        expected = maps[image[item]][:, rows][:, :, columns].any(axis=(1, 2))
        np.testing.assert_array_equal(found.values[item], expected)
    assert (found.names, found.groups) == (("a", "b", "c"), ("g",) * 3)


def test_positions_that_are_nowhere_are_named():
    maps = ConceptMaps(("a",), np.zeros((2, 1, 3, 3), bool), ("g",))
    with pytest.raises(ImageError, match="images 0 to 2; there are 2"):
        maps.at(np.array([0, 2]), np.zeros((2, 2)))
    with pytest.raises(ImageError, match="not finite"):
        maps.at(np.array([0]), np.array([[0, np.nan]]))
