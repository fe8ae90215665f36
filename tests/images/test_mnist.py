"""The shipped MNIST is the original, and damage to it is noticed."""

import io
import lzma
from importlib import resources

import numpy as np
import pytest

from sememe.errors import ImageError
from sememe.images import mnist
from sememe.images.idx import parse_idx
from sememe.images.mnist import _FILES, _read


def test_train_is_the_original():
    images = mnist("train")
    assert images.pixels.shape == (60000, 28, 28)
    assert np.bincount(images.labels).tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert images.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    # The mean and deviation that everyone normalises with: 0.1307 and 0.3081.
    histogram = np.bincount(images.pixels.reshape(-1), minlength=256)
    values = np.arange(256) / 255
    mean = histogram @ values / histogram.sum()
    assert round(mean, 4) == 0.1307
    assert round(float(np.sqrt(histogram @ values**2 / histogram.sum() - mean**2)), 4) == 0.3081


def test_test_is_the_original():
    images = mnist("test")
    assert images.pixels.shape == (10000, 28, 28)
    assert np.bincount(images.labels).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert images.label_names == tuple("0123456789")
    assert images.name == "mnist-test"


def test_a_split_is_read_once_and_cannot_be_changed():
    assert mnist("test") is mnist("test")
    assert not mnist("test").pixels.flags.writeable
    assert not mnist("test").labels.flags.writeable


def test_an_unknown_split_is_named():
    with pytest.raises(ImageError, match="no split 'validation'; choose 'train' or 'test'"):
        mnist("validation")


def test_one_changed_pixel_is_noticed():
    file_name, md5 = _FILES["test"][0]
    packed = (resources.files("sememe.images") / "data" / f"{file_name}.xz").read_bytes()
    content = bytearray(lzma.decompress(packed))
    assert parse_idx(io.BytesIO(bytes(content)), "it", md5).shape == (10000, 28, 28)
    content[5000] ^= 1
    with pytest.raises(ImageError, match=f"it is damaged: its md5 sum is .*, not {md5}; install"):
        parse_idx(io.BytesIO(bytes(content)), "it", md5)


def test_a_data_file_that_is_missing_from_the_package_is_named():
    with pytest.raises(ImageError, match=r"absent\.xz is missing from the installed package"):
        _read("absent", "")


def test_the_notice_names_source_licence_and_sums():
    notice = (resources.files("sememe.images") / "data" / "NOTICE").read_text()
    assert "CC BY-SA 3.0" in notice
    assert "Christopher J. C. Burges" in notice
    for file_name, md5 in (file for split in _FILES.values() for file in split):
        assert f"{file_name} " in notice
        assert md5 in notice
