"""IDX files: plain, gzip and xz, told by their first bytes; every damage is named."""

import gzip
import lzma
import struct

import numpy as np
import pytest

from sememe.errors import ImageError
from sememe.images import idx
from sememe.images.idx import read_idx

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def encode(array):
    """An IDX file written from the format's description, apart from the reader."""
    header = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim])
    lengths = b"".join(struct.pack(">I", length) for length in array.shape)
    return header + lengths + array.astype(array.dtype.newbyteorder(">")).tobytes()


PIXELS = np.random.default_rng(0).integers(0, 256, (6, 4, 5), dtype=np.uint8)
LABELS = np.array([0, 1, 2, 0, 1, 2], np.uint8)


@pytest.fixture
def files(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress])
def test_packing_is_told_from_the_content_not_the_name(files, pack):
    images = idx(files("pictures.bin", pack(encode(PIXELS))), files("classes.bin", pack(encode(LABELS))))
    np.testing.assert_array_equal(images.pixels, PIXELS)
    np.testing.assert_array_equal(images.labels, LABELS)
    assert images.labels.dtype == np.int64
    assert images.name == "pictures"


def test_names_are_kept_and_labels_are_optional(files):
    path = files("x", encode(PIXELS))
    images = idx(str(path), None, name="fashion")
    assert (images.name, images.labels, images.label_names) == ("fashion", None, ())
    images = idx(path, files("y", encode(LABELS)), label_names=["shirt", "boot", "bag"])
    assert images.label_names == ("shirt", "boot", "bag")


@pytest.mark.parametrize("dtype", list(CODES))
def test_every_type_of_value_comes_back_in_native_order(files, dtype):
    values = np.array([[1, 2, 3], [4, 5, 100]], dtype)
    back = read_idx(files("values", encode(values)))
    assert back.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(back, values)


def test_four_axes_are_channels(files):
    assert idx(files("x", encode(PIXELS.reshape(2, 3, 4, 5)))).n_channels == 3


GOOD = encode(PIXELS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "begins with nothing"),
        (b"\x89PNG\r\n", "not an IDX file: it begins with 89 50 4e 47"),
        (b"\0\0\x07\x03" + GOOD[4:], "not an IDX file"),
        (b"\0\0\x08\x00", "not an IDX file"),
        (GOOD[:9], "ends within the header"),
        (GOOD[:-7], "7 of the 120 bytes that its header announces are missing"),
        (GOOD + b"\0", "goes on after the 120 bytes"),
        (gzip.compress(GOOD, mtime=0)[:-12], "truncated: the compressed data end too early"),
        (lzma.compress(GOOD)[:-40], "truncated: the compressed data end too early"),
        (gzip.compress(GOOD, mtime=0)[:-8] + bytes(8), "damaged and cannot be decompressed"),
        (gzip.compress(GOOD, mtime=0)[:10] + b"\xff" * 30, "damaged and cannot be decompressed"),
        (lzma.compress(GOOD)[:-30] + b"\xff" * 30, "damaged and cannot be decompressed"),
        (gzip.compress(b"no idx at all", mtime=0), "not an IDX file"),
        (b"\0\0\x08\x04" + b"\xff" * 16, "more than memory can hold"),
        (encode(LABELS), r"uint8 values of shape \(6,\), not images"),
        (encode(PIXELS.astype(np.int16)), "int16 values"),
    ],
)
def test_damage_is_named(files, content, words):
    with pytest.raises(ImageError, match=words) as caught:
        idx(files("broken-images", content))
    assert "broken-images" in str(caught.value)


def test_labels_that_do_not_belong_are_named(files):
    images = files("images", GOOD)
    with pytest.raises(ImageError, match=r"has 6 images but .*labels has 5 labels"):
        idx(images, files("labels", encode(LABELS[:5])))
    with pytest.raises(ImageError, match="not labels; expected integers with one axis"):
        idx(images, images)
    with pytest.raises(ImageError, match="float32 values"):
        idx(images, files("labels", encode(LABELS.astype(np.float32))))


def test_a_missing_file_and_a_folder_are_named(tmp_path):
    with pytest.raises(ImageError, match=r"There is no file .*nowhere"):
        idx(tmp_path / "nowhere")
    with pytest.raises(ImageError, match="cannot be read: Is a directory"):
        idx(tmp_path)
