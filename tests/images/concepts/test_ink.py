"""Ink and the holes in it."""

import numpy as np
from skimage.measure import euler_number, label

from references.drawings import Drawing, drawn
from sememe.images import mnist
from sememe.images.concepts.ink import SCALE, enlarge, ink_of, reduce


def loops(pixels):
    return np.bincount(ink_of(pixels).hole_image, minlength=len(pixels)).tolist()


def test_closed_strokes_have_loops_and_open_ones_have_none():
    eight = Drawing().ring((8, 13), 4).ring((18, 13), 5)
    assert loops(drawn(Drawing().ring(), eight, Drawing().ring(start=20, stop=320))) == [1, 2, 0]


def test_loops_are_components_less_the_euler_number():
    """The identity that defines the count, with scikit-image as judge."""
    ink = ink_of(mnist("test").pixels[:200])
    expected = [label(mask, connectivity=2).max() - euler_number(mask, connectivity=2) for mask in ink.mask]
    assert np.bincount(ink.hole_image, minlength=200).tolist() == expected


def test_a_holes_centre_and_area_are_those_of_the_disc_inside():
    ink = ink_of(drawn(Drawing(), Drawing().ring((12, 15), 7, thick=2)))
    assert ink.hole_image.tolist() == [1]
    np.testing.assert_allclose(ink.hole_centre, [[12, 15]], atol=0.1)
    np.testing.assert_allclose(ink.hole_area, np.pi * 6**2, rtol=0.03)
    assert (ink.holes[0] == 0).all()
    assert (ink.holes[1] == 1).sum() == round(ink.hole_area[0] * SCALE**2)


def test_pinholes_are_filled_and_specks_removed():
    pixels = drawn(
        Drawing().line((14, 6), (14, 20), thick=8), Drawing().line((14, 6), (14, 20)).dot(4, 4, 0.5)
    )
    pixels[0, 14, 12] = 110
    assert loops(pixels) == [0, 0]
    assert not ink_of(pixels).mask[1, : 8 * SCALE].any()


def test_a_blank_image_has_no_ink_whatever_its_grey():
    pixels = np.stack([np.zeros((28, 28), np.uint8), np.full((28, 28), 200, np.uint8)])
    ink = ink_of(pixels)
    assert not ink.mask.any()
    assert len(ink.hole_image) == 0


def test_ink_at_the_border_shuts_nothing_in():
    pixels = np.zeros((1, 28, 28), np.uint8)
    pixels[0, :, 10:13] = 255
    assert loops(pixels) == [0]


def test_neighbours_in_a_batch_do_not_touch():
    digits = mnist("test").pixels[:30]
    together = ink_of(digits).mask
    for number, digit in enumerate(digits):
        np.testing.assert_array_equal(ink_of(digit[None]).mask[0], together[number])


def test_enlarging_and_reducing_gives_back_almost_the_image():
    digits = mnist("test").pixels[:20]
    back = reduce(enlarge(digits) / 255).astype(float)
    assert np.abs(back - digits).mean() < 6
    flat = np.full((1, 5, 7), 90, np.uint8)
    np.testing.assert_allclose(enlarge(flat), 90, atol=1e-3)
    assert enlarge(flat).shape == (1, 20, 28)


def test_a_faint_gap_in_a_stroke_is_closed_and_a_dark_or_a_wide_one_is_not():
    def broken(grey, width):
        pixels = drawn(Drawing().line((14, 4), (14, 23)))[0]
        pixels[:, 13 : 13 + width] = (pixels[:, 13 : 13 + width] * grey).astype(np.uint8)
        return pixels

    pixels = np.stack([broken(0.4, 1), broken(0.0, 2), broken(0.4, 4)])
    assert [label(mask).max() for mask in ink_of(pixels).mask] == [1, 2, 2]
    np.testing.assert_array_equal(ink_of(pixels[1:2]).mask[0], ink_of(pixels).mask[1])


def test_only_the_gap_is_filled():
    digits = mnist("test").pixels[[155, 433, 1500]]
    ink = ink_of(digits)
    middle = (ink.enlarged.max(axis=(1, 2)) + ink.enlarged.min(axis=(1, 2))) / 2
    added = ink.mask[:, 1:-1, 1:-1] & (ink.enlarged <= middle[:, None, None])
    assert [label(mask, connectivity=2).max() for mask in ink.mask] == [1, 1, 1]
    assert 0 < added.sum(axis=(1, 2)).max() < 3 * SCALE**2
