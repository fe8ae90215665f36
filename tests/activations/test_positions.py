"""Positions are drawn by seed and image alone, with the chances that their weights give."""

import numpy as np
import pytest

from sememe.activations.positions import Sampling, draw, ink_weights
from sememe.activations.receptive_field import ReceptiveField
from sememe.errors import ActivationsError


def test_draws_do_not_depend_on_how_images_are_batched():
    weights = np.random.default_rng(0).random((50, 13))
    whole = draw(weights, 0, 5, seed=3)
    for cuts in ([1], [7, 8, 30], list(range(50))):
        parts = np.split(np.arange(50), cuts)
        drawn = [draw(weights[part], int(part[0]), 5, seed=3) for part in parts if len(part)]
        assert np.array_equal(np.concatenate(drawn), whole)


def test_draws_differ_between_seeds_and_images():
    weights = np.ones((20, 49))
    first, second = draw(weights, 0, 4, seed=0), draw(weights, 0, 4, seed=1)
    assert not np.array_equal(first, second)
    assert len({tuple(row) for row in first}) > 15


def test_positions_are_distinct_and_rising():
    drawn = draw(np.random.default_rng(0).random((200, 10)), 0, 6, seed=0)
    assert (np.diff(drawn, axis=1) > 0).all()
    assert drawn.min() == 0
    assert drawn.max() == 9


def test_all_positions_drawn_are_all_positions():
    assert np.array_equal(draw(np.ones((3, 4)), 0, 4, seed=9), np.tile(np.arange(4), (3, 1)))


def test_one_draw_follows_the_weights():
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    drawn = draw(np.tile(weights, (40_000, 1)), 0, 1, seed=0)
    shares = np.bincount(drawn[:, 0], minlength=4) / 40_000
    # Standard error at most 0.0025.
    np.testing.assert_allclose(shares, weights / 10, atol=0.01)


def test_uniform_draws_are_uniform():
    shares = np.bincount(draw(np.ones((20_000, 9)), 0, 3, seed=1).ravel(), minlength=9) / 60_000
    np.testing.assert_allclose(shares, 1 / 9, atol=0.006)


def test_background_is_drawn_when_ink_runs_out():
    weights = np.zeros((500, 8))
    weights[:, [2, 5]] = 1.0
    drawn = draw(weights, 0, 3, seed=0)
    assert ((drawn == 2).any(axis=1) & (drawn == 5).any(axis=1)).all()
    assert set(drawn.ravel()) == set(range(8))


def test_a_blank_image_is_drawn_from_uniformly():
    assert set(draw(np.zeros((300, 5)), 0, 2, seed=0).ravel()) == set(range(5))


def boxes(grid, stride, size):
    lines = tuple((i * stride, i * stride + size) for i in range(grid))
    return ReceptiveField(lines, lines)


def test_ink_is_the_mean_over_the_box():
    pixels = np.zeros((1, 1, 6, 6), np.float32)
    pixels[0, 0, 2, 2] = 1.0
    pixels[0, 0, 3, 4] = 0.5
    weights = ink_weights(pixels, boxes(2, 2, 4))
    # The bright pixel lies in every box, the half one only in the two on the right.
    np.testing.assert_allclose(weights, [[1 / 16, 1.5 / 16, 1 / 16, 1.5 / 16]], rtol=1e-12)


def test_black_on_white_has_the_ink_of_white_on_black():
    pixels = np.zeros((2, 3, 6, 6), np.float32)
    pixels[:, :, 2:4, 1:3] = 0.75
    field = boxes(3, 2, 2)
    np.testing.assert_allclose(ink_weights(1 - pixels, field), ink_weights(pixels, field), atol=1e-7)


def test_a_blank_image_has_no_ink():
    assert not ink_weights(np.full((1, 1, 5, 5), 0.3, np.float32), boxes(2, 2, 3)).any()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"per_image": 0}, "positions_per_image is 0"),
        ({"per_image": 4, "seed": -1}, "seed is -1"),
    ],
)
def test_impossible_sampling_is_refused(arguments, message):
    with pytest.raises(ActivationsError, match=message):
        Sampling(**arguments)
