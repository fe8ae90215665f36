"""What an ImageSet promises: checked, read-only, sliceable, floats in 0..1."""

import dataclasses

import numpy as np
import pytest

from sememe.errors import ImageError
from sememe.images import ImageSet
from sememe.images.image_set import _check_labels, _check_pixels


def grey(n=4, height=3, width=5):
    pixels = np.arange(n * height * width, dtype=np.uint8).reshape(n, height, width)
    return ImageSet(pixels, np.arange(n) % 2, ("even", "odd"), "tiny")


def test_sizes_of_grey_and_colour_sets():
    images = grey()
    assert (len(images), images.n_channels, images.height, images.width) == (4, 1, 3, 5)
    colour = ImageSet(np.zeros((2, 3, 4, 5), np.uint8))
    assert (len(colour), colour.n_channels, colour.height, colour.width) == (2, 3, 4, 5)


def test_a_set_cannot_be_changed_and_its_arrays_stay_the_callers():
    pixels = np.zeros((2, 3, 3), np.uint8)
    images = ImageSet(pixels)
    with pytest.raises(ValueError, match="read-only"):
        images.pixels[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        images.name = "other"
    pixels[0] = 1
    assert np.shares_memory(pixels, images.pixels)


def test_slice_is_a_view_with_its_labels():
    images = grey()
    part = images[1:3]
    assert np.shares_memory(part.pixels, images.pixels)
    assert part.labels.tolist() == [1, 0]
    assert (part.label_names, part.name) == (images.label_names, images.name)


@pytest.mark.parametrize("rows", [np.array([3, 0]), [3, 0], np.array([-1, -4], np.int32)])
def test_row_numbers_select_in_their_order(rows):
    part = grey()[rows]
    assert part.labels.tolist() == [1, 0]
    np.testing.assert_array_equal(part.pixels, grey().pixels[[3, 0]])


def test_mask_selects():
    images = grey()
    assert grey()[images.labels == 1].labels.tolist() == [1, 1]


def test_a_set_without_labels_stays_without():
    assert ImageSet(np.zeros((3, 2, 2), np.uint8))[:2].labels is None


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.array([0, 4]), "no row 4 in tiny, which holds 4"),
        (np.array([0, -5]), "no row -5"),
        (np.array([True, False]), "mask of 2 entries does not fit the 4"),
        (np.zeros(4, bool), "tiny holds no images"),
        ([], "tiny holds no images"),
        (slice(4, None), "tiny holds no images"),
    ],
)
def test_rows_that_are_not_there_are_named(rows, words):
    with pytest.raises(ImageError, match=words):
        grey()[rows]


@pytest.mark.parametrize("rows", [2, np.array([0.0, 1.0]), "first", None, np.zeros((2, 2), int)])
def test_what_cannot_index_is_named(rows):
    # Behind the annotations, which are checked while tests run, but not for users.
    with pytest.raises(ImageError, match=r"is indexed by a slice, .* write images\[i : i \+ 1\]"):
        grey()._rows(rows)


def test_floats_are_exact_fractions_of_255():
    images = ImageSet(np.arange(256, dtype=np.uint8).reshape(1, 16, 16))
    floats = images.floats()
    assert floats.shape == (1, 1, 16, 16)
    assert floats.dtype == np.float32
    np.testing.assert_array_equal(floats.ravel(), (np.arange(256) / 255).astype(np.float32))
    floats[:] = 0


def test_floats_of_some_rows():
    images = grey()
    np.testing.assert_array_equal(images.floats(slice(1, 3)), images.floats()[1:3])
    np.testing.assert_array_equal(images.floats(np.array([2, 0])), images.floats()[[2, 0]])
    np.testing.assert_array_equal(images.floats(images.labels == 1), images.floats()[1::2])
    assert ImageSet(np.zeros((2, 3, 4, 5), np.uint8)).floats().shape == (2, 3, 4, 5)


def test_classes_without_names_are_named_by_number():
    assert ImageSet(np.zeros((2, 1, 1), np.uint8), np.array([0, 2])).label_names == ("0", "1", "2")


PIXELS = np.zeros((2, 3, 3), np.uint8)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"pixels": PIXELS.astype(np.float32)}, "pixels of bad are float32, not uint8"),
        ({"pixels": PIXELS[0]}, r"shape \(3, 3\); expected"),
        ({"pixels": PIXELS[:0]}, "bad holds no images"),
        ({"pixels": PIXELS[:, :0]}, r"images of bad are empty: their shape is \(0, 3\)"),
        ({"pixels": np.zeros((2, 28, 28, 3), np.uint8)}, "looks like channels last"),
        ({"labels": np.zeros(3, np.int64)}, "bad has 2 images but 3 labels"),
        ({"labels": np.zeros(2, np.int32)}, "labels of bad are int32"),
        ({"labels": np.zeros((2, 1), np.int64)}, "labels of bad are int64 of shape"),
        ({"labels": np.array([0, 2]), "label_names": ("a", "b")}, "go up to 2, but there are 2 label names"),
        ({"labels": np.array([0, -1])}, "go down to -1"),
        ({"labels": np.array([0, 10**9])}, "too many to be classes"),
    ],
)
def test_what_is_not_a_set_of_images_is_refused_with_its_reason(fields, words):
    with pytest.raises(ImageError, match=words):
        ImageSet(**{"pixels": PIXELS, "name": "bad", **fields})


def test_lists_are_no_arrays():
    # Behind the annotations, which are checked while tests run, but not for users.
    with pytest.raises(ImageError, match="are a list, not a NumPy array"):
        _check_pixels([[0]], "bad")
    with pytest.raises(ImageError, match=r"labels of bad are list; expected an int64 array of shape \(2,\)"):
        _check_labels([0, 1], 2, (), "bad")


def test_repr_says_what_is_inside():
    assert repr(grey()) == "ImageSet('tiny': 4 images of 1 x 3 x 5, 2 classes)"
    assert "no labels" in repr(ImageSet(PIXELS))
