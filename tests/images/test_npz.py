"""NumPy archives: whatever names and layouts; care with floats; never a pickle."""

import numpy as np
import pytest

from sememe.errors import ImageError
from sememe.images import npz

PIXELS = np.random.default_rng(1).integers(0, 256, (5, 6, 7), dtype=np.uint8)
COLOUR = np.random.default_rng(2).integers(0, 256, (5, 6, 7, 3), dtype=np.uint8)


@pytest.fixture
def save(tmp_path):
    def write(**arrays):
        np.savez(tmp_path / "set.npz", **arrays)
        return tmp_path / "set.npz"

    return write


@pytest.mark.parametrize(
    ("x", "y"), [("images", "labels"), ("X", "Y"), ("pixels", "targets"), ("arr_0", "arr_1")]
)
def test_usual_names_are_found(save, x, y):
    images = npz(save(**{x: PIXELS, y: np.array([0, 1, 2, 1, 0], np.uint8)}))
    np.testing.assert_array_equal(images.pixels, PIXELS)
    assert images.labels.tolist() == [0, 1, 2, 1, 0]
    assert (images.name, images.label_names, images.notes) == ("set", ("0", "1", "2"), ())


def test_other_names_are_given(save):
    path = save(train_images=PIXELS, train_labels=np.zeros((5, 1), np.int32), test_images=PIXELS[:2])
    images = npz(path, images="train_images", labels="train_labels", label_names=["only"], name="mine")
    assert images.labels.tolist() == [0] * 5
    assert (images.name, images.label_names) == ("mine", ("only",))
    assert npz(path, images="test_images").labels is None


def test_channels_last_are_moved(save):
    np.testing.assert_array_equal(npz(save(x=COLOUR)).pixels, COLOUR.transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(npz(save(x=PIXELS[..., None])).pixels, PIXELS)
    np.testing.assert_array_equal(npz(save(x=PIXELS[:, None])).pixels, PIXELS)
    assert npz(save(x=COLOUR.transpose(0, 3, 1, 2))).n_channels == 3


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_fractions_of_255_come_back_exactly_and_silently(save, dtype):
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    images = npz(save(x=(levels / 255).astype(dtype)))
    np.testing.assert_array_equal(images.pixels, levels)
    assert images.notes == ()


def test_finer_floats_are_rounded_and_the_set_says_so(save):
    images = npz(save(x=np.array([[[0.0, 0.5, 1.0, 0.3]]])))
    assert images.pixels.ravel().tolist() == [0, 128, 255, 76]
    assert images.notes == ("pixels rounded to 256 levels, by up to 0.0020 of the range",)


def test_booleans_are_black_and_white_and_integers_are_taken_as_they_are(save):
    assert npz(save(x=PIXELS > 127)).pixels.max() == 255
    np.testing.assert_array_equal(npz(save(x=PIXELS.astype(np.int64))).pixels, PIXELS)


def test_strings_become_sorted_names(save):
    images = npz(save(x=PIXELS, y=np.array(["dog", "cat", "dog", "eel", "cat"])))
    assert images.label_names == ("cat", "dog", "eel")
    assert images.labels.tolist() == [1, 0, 1, 2, 0]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"faces": PIXELS}, r"no array named images, .* or arr_0; it holds faces: name the one"),
        ({"x": PIXELS.astype(np.float32)}, "float32 from 0 to 255; expected 0 to 1"),
        ({"x": np.full((1, 2, 2), np.nan)}, "not finite"),
        ({"x": np.full((1, 2, 2), 300)}, "from 300 to 300; expected 0 to 255"),
        ({"x": np.full((1, 2, 2), "a")}, "expected numbers"),
        ({"x": np.zeros((1, 2), np.uint8)}, r"shape \(1, 2\); expected"),
        ({"x": np.zeros((1, 5, 5, 4), np.uint8)}, r"shape \(1, 4, 5, 5\); expected"),
        ({"x": np.zeros((0, 2, 2), np.uint8)}, "is empty"),
        ({"x": PIXELS, "y": np.eye(5)}, "for one-hot rows"),
        ({"x": PIXELS, "y": np.zeros(5)}, "float64; expected integers or strings"),
        ({"x": PIXELS, "y": np.zeros(4, int)}, "5 images but 4 labels"),
        (
            {"x": np.array([PIXELS[0], PIXELS[0, :2]], object)},
            "pickled Python objects, which are never loaded",
        ),
    ],
)
def test_what_cannot_be_used_is_named(save, arrays, words):
    with pytest.raises(ImageError, match=words):
        npz(save(**arrays))


def test_an_asked_array_that_is_not_there_is_named(save):
    with pytest.raises(ImageError, match="no array 'photos'; it holds x"):
        npz(save(x=PIXELS), images="photos")


def test_files_that_are_no_archives_are_named(tmp_path, save):
    with pytest.raises(ImageError, match="There is no file"):
        npz(tmp_path / "absent.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(
        ImageError, match=r"text\.npz is not a NumPy archive.*\(it holds text or pickled Python"
    ):
        npz(tmp_path / "text.npz")
    np.save(tmp_path / "one.npy", PIXELS)
    with pytest.raises(ImageError, match="single array, not an archive"):
        npz(tmp_path / "one.npy")
    path = save(x=PIXELS)
    content = bytearray(path.read_bytes())
    path.write_bytes(content[:100])
    with pytest.raises(ImageError, match="not a NumPy archive, or is damaged"):
        npz(path)
    content[200:210] = bytes(10)
    path.write_bytes(content)
    with pytest.raises(ImageError, match="'s x is damaged"):
        npz(path)


def test_damage_anywhere_is_an_error_of_ours(tmp_path):
    np.savez_compressed(tmp_path / "whole.npz", x=PIXELS, y=np.arange(5))
    whole = (tmp_path / "whole.npz").read_bytes()
    rng = np.random.default_rng(6)
    refused = 0
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(0, len(content), 3):
            content[place] = rng.integers(256)
        (tmp_path / "broken.npz").write_bytes(content)
        try:
            npz(tmp_path / "broken.npz")
        except ImageError:
            refused += 1
    assert refused > 200
