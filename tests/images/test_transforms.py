"""Resize, crop, pad, grey, normalise: hand-worked values, and agreement with slow references."""

import numpy as np
import pytest
from PIL import Image

from sememe.errors import ImageError
from sememe.images import ImageSet, crop, moments, normalise, pad, resize, to_colour, to_grey

RNG = np.random.default_rng(3)
GREY = RNG.integers(0, 256, (3, 8, 10), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (2, 3, 8, 10), dtype=np.uint8)


def test_a_set_comes_back_as_a_set_and_an_array_as_an_array():
    images = ImageSet(GREY, np.array([0, 1, 0]), ("a", "b"), "named")
    small = resize(images, (4, 5))
    assert small.labels.tolist() == [0, 1, 0]
    assert (small.name, small.label_names) == ("named", ("a", "b"))
    np.testing.assert_array_equal(small.pixels, resize(GREY, (4, 5)))


def test_halving_is_antialiased():
    """A triangle filter of support 2 on a step: weights 1/8 3/8 3/8 1/8 about each new pixel."""
    step = np.repeat(np.array([0, 0, 0, 0, 255, 255, 255, 255], np.uint8)[None, None], 8, axis=1)
    assert resize(step, 4)[0, 0].tolist() == [0, 32, 223, 255]


def test_a_fine_pattern_averages_out_when_shrunk():
    checks = ((np.indices((64, 64)).sum(axis=0) % 2) * 255).astype(np.uint8)[None]
    inner = resize(checks, 16)[0, 1:-1, 1:-1]
    assert np.abs(inner.astype(int) - 127).max() <= 1


def test_colour_is_resized_channel_by_channel_as_pillow_does():
    together = np.asarray(
        Image.fromarray(COLOUR[0].transpose(1, 2, 0)).resize((5, 4), Image.Resampling.BILINEAR)
    )
    np.testing.assert_array_equal(resize(COLOUR, (4, 5))[0], together.transpose(2, 0, 1))


def test_fits_keep_what_they_promise():
    wide = np.zeros((1, 4, 8), np.uint8)
    wide[:, :, 2:6] = 255
    assert (resize(wide, 4, fit="crop") == 255).all()
    padded = resize(wide, 8, fit="pad")[0]
    assert padded[:2].max() == 0
    assert padded[6:].max() == 0
    np.testing.assert_array_equal(padded[2:6], wide[0])
    # At the border the filter keeps three of its four weights: 1/7 3/7 3/7.
    assert resize(wide, 4)[0, 0].tolist() == [36, 223, 223, 36]


def test_crop_and_pad_are_central_and_undo_each_other():
    square = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert crop(square, 2).tolist() == [[[5, 6], [9, 10]]]
    assert crop(square, (1, 3)).tolist() == [[[4, 5, 6]]]
    np.testing.assert_array_equal(crop(pad(GREY, (11, 13), value=7), (8, 10)), GREY)
    padded = pad(COLOUR, (9, 10), value=7)
    assert (padded[:, :, 8] == 7).all()
    np.testing.assert_array_equal(padded[:, :, :8], COLOUR)


def test_grey_is_luma_as_pillow_has_it():
    expected = [np.asarray(Image.fromarray(colour.transpose(1, 2, 0)).convert("L")) for colour in COLOUR]
    np.testing.assert_array_equal(to_grey(COLOUR), expected)
    np.testing.assert_array_equal(to_grey(GREY), GREY)
    np.testing.assert_array_equal(to_grey(GREY[:, None]), GREY)


def test_colour_of_grey_repeats_it():
    assert to_colour(GREY).shape == (3, 3, 8, 10)
    np.testing.assert_array_equal(to_grey(to_colour(GREY)), GREY)
    np.testing.assert_array_equal(to_colour(COLOUR), COLOUR)


def test_moments_equal_numpys():
    mean, deviation = moments(ImageSet(COLOUR))
    floats = COLOUR.astype(np.float64) / 255
    np.testing.assert_allclose(mean, floats.mean(axis=(0, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(deviation, floats.std(axis=(0, 2, 3)), rtol=1e-12)


def test_normalised_pixels_have_mean_0_and_deviation_1():
    floats = normalise(ImageSet(COLOUR))
    np.testing.assert_allclose(floats.mean(axis=(0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(floats.std(axis=(0, 2, 3)), 1, atol=1e-6)
    given = normalise(ImageSet(GREY), mean=[0.5], deviation=[0.25])
    np.testing.assert_allclose(given[:, 0], (GREY / 255 - 0.5) / 0.25, atol=1e-6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: crop(GREY, 9), "8 x 10 cannot be cropped to 9 x 9; pad or resize"),
        (lambda: pad(GREY, 9), "8 x 10 cannot be padded to 9 x 9; crop or resize"),
        (lambda: pad(GREY, 20, value=256), "value to pad with is 256"),
        (lambda: resize(GREY, 0), "size 0 x 0 must be at least 1 x 1"),
        (lambda: resize(GREY.astype(float), 4), "pixels of the array are float64, not uint8"),
        (lambda: to_grey(COLOUR[:, :2]), "2 channels cannot be made grey"),
        (lambda: to_colour(COLOUR[:, :2]), "2 channels cannot be made colour"),
        (
            lambda: normalise(ImageSet(GREY), mean=[0.1, 0.2, 0.3]),
            r"mean has shape \(3,\); .* its 1 channels",
        ),
        (lambda: normalise(ImageSet(np.zeros((1, 2, 2), np.uint8))), "must be above zero"),
    ],
)
def test_what_cannot_be_done_is_named(call, words):
    with pytest.raises(ImageError, match=words):
        call()
