"""The MNIST database of handwritten digits, which ships with the package."""

import functools
import io
from importlib import resources

import numpy as np

from sememe.errors import ImageError
from sememe.images.idx import parse_idx
from sememe.images.image_set import ImageSet

# The md5 sums of the four original files, unpacked.
_FILES = {
    "train": (
        ("train-images-idx3-ubyte", "6bbc9ace898e44ae57da46a324031adb"),
        ("train-labels-idx1-ubyte", "a25bea736e30d166cdddb491f175f624"),
    ),
    "test": (
        ("t10k-images-idx3-ubyte", "2646ac647ad5339dbf082846283269ea"),
        ("t10k-labels-idx1-ubyte", "27ae3e4e09519cfbb04c329615203637"),
    ),
}


def mnist(split: str) -> ImageSet:
    """Handwritten digits: 60,000 images for training or 10,000 for testing, 28 x 28, ink = 255.

    The original files of Y. LeCun, C. Cortes and C. J. C. Burges, byte for byte (``data/NOTICE``); their md5
    sums are checked. A split is read once in a process; what comes back is read-only and shared.

    Args:
        split: ``"train"`` or ``"test"``.

    Raises:
        ImageError: another split, or a data file that is missing or damaged.

    Example:
        >>> mnist("test")
        ImageSet('mnist-test': 10000 images of 1 x 28 x 28, 10 classes)
    """
    if split not in _FILES:
        raise ImageError(f"MNIST has no split {split!r}; choose 'train' or 'test'.")
    return _load(split)


@functools.cache
def _load(split: str) -> ImageSet:
    (images_file, images_md5), (labels_file, labels_md5) = _FILES[split]
    pixels = _read(images_file, images_md5)
    labels = _read(labels_file, labels_md5).astype(np.int64)
    return ImageSet(pixels, labels, tuple("0123456789"), f"mnist-{split}")


def _read(file_name: str, md5: str) -> np.ndarray:
    packed = resources.files("sememe.images") / "data" / f"{file_name}.xz"
    try:
        content = packed.read_bytes()
    except FileNotFoundError:
        raise ImageError(
            f"MNIST's {file_name}.xz is missing from the installed package; install sememe again."
        ) from None
    return parse_idx(io.BytesIO(content), f"MNIST's {file_name}.xz", md5)
