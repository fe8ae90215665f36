"""A drawing is brought to where MNIST's digits are."""

import numpy as np
import pytest

from sememe.errors import ImageError
from sememe.images import as_mnist, mnist


def test_mnist_digits_come_back_as_they_were():
    digits = mnist("test").pixels[:500]
    same = [np.array_equal(as_mnist(digit), digit) for digit in digits]
    assert np.mean(same) == 1


def test_a_bar_fills_20_pixels_and_keeps_its_proportions():
    drawing = np.zeros((100, 60), np.uint8)
    drawing[10:90, 20:40] = 255
    digit = as_mnist(drawing)
    rows, columns = np.nonzero(digit)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 23, 12, 16)
    assert set(np.unique(digit)) == {0, 255}


def test_where_and_how_large_it_was_drawn_does_not_matter():
    digit = mnist("test").pixels[0]
    large = np.zeros((200, 150), np.uint8)
    large[50:134, 30:114] = np.kron(digit, np.ones((3, 3), np.uint8))
    np.testing.assert_array_equal(as_mnist(large), digit)
    np.testing.assert_array_equal(as_mnist((large / 255).astype(np.float32)), digit)


def test_the_centre_of_mass_is_at_the_centre():
    rng = np.random.default_rng(4)
    for _ in range(20):
        drawing = np.zeros((64, 64), np.uint8)
        for row, column in rng.integers(10, 50, (12, 2)):
            drawing[row : row + 4, column : column + 6] = rng.integers(50, 255)
        digit = as_mnist(drawing).astype(float)
        centre = [(digit.sum(axis=1 - axis) @ np.arange(28)) / digit.sum() for axis in (0, 1)]
        rows, columns = np.nonzero(digit)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
        assert min(rows.min(), columns.min()) > 0, "the drawing is too lopsided for this test"
        assert max(rows.max(), columns.max()) < 27, "the drawing is too lopsided for this test"
        assert np.abs(np.array(centre) - 14).max() <= 0.5


def test_lopsided_ink_stops_at_the_border():
    drawing = np.full((100, 100), 1, np.uint8)
    drawing[:, :5] = 255
    digit = as_mnist(drawing)
    assert np.flatnonzero((digit == 255).any(axis=0)).tolist() == [8]
    assert np.flatnonzero(digit.any(axis=0)).tolist() == list(range(8, 28))


def test_a_dot_grows_and_an_empty_canvas_stays_empty():
    dot = np.zeros((28, 28), np.uint8)
    assert not as_mnist(dot).any()
    dot[3, 3] = 200
    assert (as_mnist(dot) == 200).sum() == 400


def test_values_that_are_no_ink_are_named():
    for bad in (-0.1, 1.5, np.nan):
        with pytest.raises(ImageError, match="outside 0 to 1"):
            as_mnist(np.full((4, 4), bad))
