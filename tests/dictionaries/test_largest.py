import numpy as np
import pytest

from sememe.dictionaries.largest import largest_by_magnitude, largest_coordinates


def test_of_equal_codes_the_first_stay():
    codes = np.array([[1, -1, 1, 0.5, -1], [0, 3, 0, -3, 3], [0, 0, 2, 0, 0]], np.float32)
    expected = [[1, -1, 0, 0, 0], [0, 3, 0, -3, 0], [0, 0, 2, 0, 0]]
    assert largest_by_magnitude(codes, 2).tolist() == expected
    assert largest_by_magnitude(codes, 5) is codes


@pytest.mark.parametrize("k", [1, 3, 39])
def test_the_largest_are_those_of_a_sorted_row(k):
    codes = np.random.default_rng(0).normal(size=(200, 40)).astype(np.float32)
    expected = np.zeros_like(codes)
    for row, own in zip(expected, codes, strict=True):
        kept = sorted(range(40), key=lambda j: -abs(own[j]))[:k]
        row[kept] = own[kept]
    np.testing.assert_array_equal(largest_by_magnitude(codes, k), expected)


def test_coordinates_are_products():
    rng = np.random.default_rng(0)
    x, directions = (rng.normal(size=(n, 8)).astype(np.float32) for n in (50, 12))
    np.testing.assert_array_equal(largest_coordinates(x, directions, None), x @ directions.T)
    np.testing.assert_array_equal(
        largest_coordinates(x, directions, 3), largest_by_magnitude(x @ directions.T, 3)
    )


def test_rounding_decides_of_no_product():
    # Each item is as far along one direction as along the next, but for a last digit that float64 sees.
    rng = np.random.default_rng(0)
    directions = rng.normal(size=(2, 300)).astype(np.float32)
    x = rng.normal(size=(400, 300))
    between = directions[0].astype(np.float64) - directions[1]
    x -= np.outer(x @ between, between) / (between @ between)
    x = x.astype(np.float32)
    wide = np.abs(x.astype(np.float64) @ directions.T).astype(np.float32)
    narrow = np.abs(x @ directions.T)
    assert (wide.argmax(axis=1) != narrow.argmax(axis=1)).mean() > 0.1
    found = largest_coordinates(x, directions, 1)
    np.testing.assert_array_equal((found != 0).argmax(axis=1), wide.argmax(axis=1))
    assert ((found != 0).sum(axis=1) == 1).all()
