"""Counterfactual edits change what they say, and leave what they should."""

import numpy as np
import pytest
from skimage.measure import label

from references.drawings import Drawing, drawn
from sememe.errors import ImageError
from sememe.images import ImageSet, mnist
from sememe.images.concepts import (
    EDITS,
    fracture,
    morphometry,
    open_loop,
    plain,
    rotate,
    shift,
    swell,
    thicken,
    thin,
    topology,
)

DIGITS = mnist("test")[:60]


@pytest.mark.parametrize("name", list(EDITS))
def test_an_edit_gives_back_a_set_of_its_kind(name):
    edited = EDITS[name](DIGITS)
    assert edited.images.pixels.shape == DIGITS.pixels.shape
    assert edited.images.pixels.dtype == np.uint8
    assert edited.images.labels.tolist() == DIGITS.labels.tolist()
    assert edited.changed.shape == (60,)


def test_plain_keeps_the_digit():
    edited = plain(DIGITS)
    assert not edited.changed.any()
    assert np.abs(edited.images.pixels.astype(float) - DIGITS.pixels).mean() < 8
    np.testing.assert_allclose(morphometry(edited.images).thickness, morphometry(DIGITS).thickness, atol=0.35)


def test_thin_takes_its_share_and_breaks_nothing():
    before, after = morphometry(plain(DIGITS).images), morphometry(thin(DIGITS, 0.5).images)
    share = after.thickness / before.thickness
    assert 0.45 < np.median(share) < 0.75
    pieces = [label(p > 60, connectivity=2).max() for p in thin(DIGITS, 0.5).images.pixels]
    whole = [label(p > 60, connectivity=2).max() for p in plain(DIGITS).images.pixels]
    assert np.mean(np.array(pieces) <= np.array(whole)) > 0.95


def test_thicken_adds_its_share():
    before, after = morphometry(plain(DIGITS).images), morphometry(thicken(DIGITS, 0.5).images)
    assert 1.35 < np.median(after.thickness / before.thickness) < 1.65
    assert (after.area > before.area).all()


def test_swell_changes_the_surroundings_of_one_place_only():
    line = ImageSet(drawn(Drawing().line((14, 3), (14, 24), thick=2)))
    before, after = (
        plain(line).images.pixels[0],
        swell(line, strength=3.0, radius=5.0, seed=1).images.pixels[0],
    )
    rows, columns = np.nonzero(np.abs(after.astype(int) - before) > 8)
    assert 3 < np.ptp(columns) <= 10
    assert 3 < np.ptp(rows) <= 10
    assert after.sum(dtype=int) > 1.15 * before.sum(dtype=int)


def test_fracture_cuts_a_stroke_in_two():
    line = ImageSet(drawn(Drawing().line((14, 3), (14, 24)), Drawing().line((3, 5), (24, 22), thick=4)))
    edited = fracture(line, seed=3)
    assert edited.changed.all()
    assert topology(edited.images)["endpoints"].tolist() == [4, 4]
    assert topology(fracture(line, count=2, seed=3).images)["endpoints"].min() >= 4


def test_open_loop_takes_one_loop_from_each_image_that_has_one():
    before = topology(plain(DIGITS).images)["loops"]
    edited = open_loop(DIGITS)
    after = topology(edited.images)["loops"]
    had = topology(DIGITS)["loops"] > 0
    assert edited.changed[had].mean() > 0.9
    assert not edited.changed[~had].any()
    np.testing.assert_array_equal(after[edited.changed], topology(DIGITS)["loops"][edited.changed] - 1)
    np.testing.assert_array_equal(after[~edited.changed], before[~edited.changed])


def test_a_dot_has_no_place_to_cut():
    dot = ImageSet(drawn(Drawing().dot(14, 14, 3), Drawing()))
    assert fracture(dot).changed.tolist() == [False, False]
    assert open_loop(dot).changed.tolist() == [False, False]
    assert thin(dot).changed.tolist() == [True, False]
    np.testing.assert_array_equal(thicken(dot).images.pixels[1], 0)


@pytest.mark.parametrize("edit", [swell, fracture, open_loop])
def test_the_same_seed_gives_the_same_images_and_another_gives_others(edit):
    first = edit(DIGITS, seed=1).images.pixels
    np.testing.assert_array_equal(first, edit(DIGITS, seed=1).images.pixels)
    assert (first != edit(DIGITS, seed=2).images.pixels).any()


def test_rotate_turns_counter_clockwise():
    turned = rotate(DIGITS, 90.0).images.pixels
    np.testing.assert_array_equal(turned, np.rot90(DIGITS.pixels, axes=(1, 2)))
    slants = morphometry(rotate(DIGITS, 10.0).images).slant - morphometry(DIGITS).slant
    assert np.median(slants) < 0


def test_shift_moves_by_whole_pixels_without_wrapping():
    pixels = DIGITS.pixels
    down = shift(DIGITS, rows=3, columns=0).images.pixels
    np.testing.assert_array_equal(down[:, 3:], pixels[:, :-3])
    assert not down[:, :3].any()
    left = shift(DIGITS, rows=0, columns=-2).images.pixels
    np.testing.assert_array_equal(left[:, :, :-2], pixels[:, :, 2:])
    assert not shift(DIGITS, rows=40).images.pixels.any()
    colour = ImageSet(np.zeros((1, 3, 5, 5), np.uint8))
    assert shift(colour).images.pixels.shape == rotate(colour).images.pixels.shape == (1, 3, 5, 5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: thin(DIGITS, 1.0), "take away is 1.0; expected above 0 and below 1"),
        (lambda: thicken(DIGITS, 0.0), "to add is 0.0; expected above 0"),
        (lambda: swell(DIGITS, strength=1.0), "strength is 1.0 and the radius 7.0"),
        (lambda: fracture(DIGITS, count=0), "0 cuts of 2.0 pixels"),
        (lambda: open_loop(DIGITS, gap=-1.0), "gap is -1.0 pixels"),
        (lambda: thin(ImageSet(np.zeros((1, 3, 8, 8), np.uint8))), "3 channels"),
    ],
)
def test_amounts_that_make_no_sense_are_named(call, words):
    with pytest.raises(ImageError, match=words):
        call()
