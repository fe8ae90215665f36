"""A set that was saved is the same set when it is loaded, and what is damaged is said in a sentence."""

import mmap

import numpy as np
import pytest

from sememe import files, images
from sememe.errors import FormatError
from sememe.images import ImageSet


@pytest.fixture
def colourful() -> ImageSet:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (5, 3, 4, 6), dtype=np.uint8)
    return ImageSet(pixels, np.array([0, 1, 2, 0, 1]), ("red", "green", "blue"), "colours", ("one note",))


def test_saved_set_comes_back_as_it_was(colourful, tmp_path):
    images.save(colourful, tmp_path / "set")
    found = images.load(tmp_path / "set")
    np.testing.assert_array_equal(found.pixels, colourful.pixels)
    np.testing.assert_array_equal(found.labels, colourful.labels)
    assert (found.name, found.label_names, found.notes) == (
        "colours",
        ("red", "green", "blue"),
        ("one note",),
    )


def test_set_without_labels_stays_without(tmp_path):
    images.save(ImageSet(np.zeros((2, 4, 4), np.uint8)), tmp_path / "set")
    assert images.load(tmp_path / "set").labels is None


def test_pixels_stay_on_disk_and_cannot_be_written(colourful, tmp_path):
    images.save(colourful, tmp_path / "set")
    pixels = images.load(tmp_path / "set").pixels
    owner = pixels
    while isinstance(owner, np.ndarray):
        owner = owner.base
    assert isinstance(owner, mmap.mmap)
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0, 0, 0] = 1


def test_saving_replaces_the_set_that_is_there(colourful, tmp_path):
    images.save(colourful, tmp_path / "set")
    images.save(ImageSet(np.zeros((2, 4, 4), np.uint8), np.array([0, 0]), ("a",)), tmp_path / "set")
    assert len(images.load(tmp_path / "set")) == 2


def test_damage_is_named(colourful, tmp_path):
    images.save(colourful, tmp_path / "set")
    with pytest.raises(FormatError, match=r"set\.json"):
        images.load(tmp_path)
    content = (tmp_path / "set" / "pixels.npy").read_bytes()
    files.write_bytes(tmp_path / "set" / "pixels.npy", content[:-1])
    with pytest.raises(FormatError, match=r"pixels\.npy cannot be opened"):
        images.load(tmp_path / "set")
    np.save(tmp_path / "set" / "pixels.npy", np.zeros((5, 3), np.float32))
    with pytest.raises(FormatError, match="does not hold a set of images"):
        images.load(tmp_path / "set")
    files.write_json(tmp_path / "set" / "set.json", {"format": "other"})
    with pytest.raises(FormatError, match="does not describe sememe images"):
        images.load(tmp_path / "set")
