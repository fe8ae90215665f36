import numpy as np
import pytest
from PIL import Image

from sememe.commands.image_source import read_images
from sememe.errors import ImageError


def idx_bytes(array: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + array.astype(np.uint8).tobytes()


def test_mnist_is_read_by_its_name():
    assert read_images("mnist:test").name == "mnist-test"


def test_rows_in_brackets_take_a_part_that_keeps_another_name(pictures):
    part = read_images(f"{pictures}[-20:]")
    whole = read_images(str(pictures))
    np.testing.assert_array_equal(part.pixels, whole.pixels[-20:])
    assert part.name == f"{whole.name}[-20:]"


def test_labels_of_an_idx_file_are_found_beside_it_or_named(tmp_path):
    pixels, labels = np.zeros((6, 5, 5)), np.arange(6) % 2
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx_bytes(pixels))
    assert read_images(str(tmp_path / "train-images-idx3-ubyte")).labels is None
    for name in ("train-labels-idx1-ubyte", "other"):
        (tmp_path / name).write_bytes(idx_bytes(labels))
    assert read_images(str(tmp_path / "train-images-idx3-ubyte")).labels.tolist() == labels.tolist()
    (tmp_path / "pixels").write_bytes(idx_bytes(pixels))
    found = read_images(f"{tmp_path / 'pixels'},{tmp_path / 'other'}")
    assert found.labels.tolist() == labels.tolist()


def test_a_folder_of_class_folders_is_read_at_a_size(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (9, 7)).save(tmp_path / name / "one.png")
    images = read_images(str(tmp_path), 8, "grey")
    assert (images.label_names, images.pixels.shape) == (("cat", "dog"), (2, 8, 8))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("mnist", "give mnist:train or mnist:test"),
        ("mnist:tset", "no split 'tset'"),
        ("nowhere", "There are no images 'nowhere': give mnist:train"),
        ("mnist:test[:0]", "holds no images"),
    ],
)
def test_what_names_no_images_is_refused(name, message):
    with pytest.raises(ImageError, match=message):
        read_images(name)
