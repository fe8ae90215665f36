"""What units read: weight images, and activation-weighted means of images and patches."""

import numpy as np
import pytest
from scipy import sparse

from sememe.activations.receptive_field import ReceptiveField
from sememe.errors import MeasureError
from sememe.explanations import activation_weighted_images, activation_weighted_patches, weight_images

# A map of 2 x 2 positions on images of 4 x 4 pixels; each sees 3 x 3, cut off by the image's far edges.
FIELD = ReceptiveField(rows=((0, 3), (2, 4)), columns=((0, 3), (2, 4)))


def test_weight_images_keep_rows_and_signs():
    images = weight_images(np.arange(12.0).reshape(2, 6) - 6, (2, 3))
    assert images.tolist() == [[[-6, -5, -4], [-3, -2, -1]], [[0, 1, 2], [3, 4, 5]]]


def test_weight_images_need_a_weight_a_pixel():
    with pytest.raises(MeasureError, match="16 weights, but images of 28 x 28 pixels need 784"):
        weight_images(np.zeros((3, 16)))


def test_weighted_images_by_hand():
    pixels = np.array([[[255, 0]], [[0, 255]], [[0, 0]], [[255, 255]]], dtype=np.uint8)
    codes = np.array([[3.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    images = activation_weighted_images(codes, pixels)
    # The unit's mean is 3/4 of the first image and 1/4 of the second; the mean of everything is a half.
    assert np.allclose(images[0], [[0.25, -0.25]])
    assert np.isnan(images[1]).all()


def test_positions_of_one_image_add_up_and_sparse_codes_agree():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (5, 3, 3), dtype=np.uint8)
    image = np.repeat(np.arange(5), 4)
    codes = rng.normal(size=(20, 2)).astype(np.float32)
    floats = pixels / 255 - (pixels / 255).mean(axis=0)
    expected = np.einsum("iu,ihw->uhw", codes, floats[image]) / np.abs(codes).sum(axis=0)[:, None, None]
    assert np.allclose(activation_weighted_images(codes, pixels, image), expected, atol=1e-6)
    assert np.allclose(
        activation_weighted_images(sparse.csr_array(codes), pixels, image), expected, atol=1e-6
    )


def test_an_item_without_an_image_is_refused():
    with pytest.raises(MeasureError, match="images up to 3, but there are 2 images"):
        activation_weighted_images(np.ones((2, 1)), np.zeros((2, 1, 1), np.uint8), np.array([0, 3]))


@pytest.mark.parametrize("layout", [np.asarray, sparse.csr_array])
def test_weighted_patches_equal_the_loop_over_items(layout):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (6, 4, 4), dtype=np.uint8)
    image = rng.integers(0, 6, 30)
    position = rng.integers(0, 2, (30, 2))
    codes = rng.normal(size=(30, 3)) * (rng.random((30, 3)) < 0.5)

    padded = np.pad(pixels / 255, ((0, 0), (0, 1), (0, 1)))
    patches = np.stack(
        [padded[n, 2 * r : 2 * r + 3, 2 * c : 2 * c + 3] for n, (r, c) in zip(image, position, strict=True)]
    )
    centred = patches - patches.mean(axis=0)
    expected = np.einsum("iu,ihw->uhw", codes, centred) / np.abs(codes).sum(axis=0)[:, None, None]

    found = activation_weighted_patches(layout(codes), pixels, image, position, FIELD)
    assert np.allclose(found, expected, atol=1e-6)


def test_patches_cut_off_at_their_start_are_shifted_into_place():
    field = ReceptiveField(rows=((0, 1), (0, 2)), columns=((0, 1), (0, 2)))
    pixels = np.array([[[255, 0], [0, 0]]], dtype=np.uint8)
    position = np.array([[0, 0], [1, 1]])
    found = activation_weighted_patches(np.array([[1.0], [0.0]]), pixels, np.array([0, 0]), position, field)
    # At (0, 0) only the last pixel of the patch lies in the image; at (1, 1) the whole patch does.
    assert np.allclose(found[0], [[-0.5, 0.0], [0.0, 0.5]])
