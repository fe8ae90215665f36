"""IDX files, the format of MNIST and of its relatives (Fashion-MNIST, EMNIST, KMNIST, QMNIST).

A file is a header (two zero bytes, a type, the number of axes, and the length of each axis as a big-endian
32-bit integer) followed by the values, row by row. It may be plain, or compressed by gzip or xz.
"""

import gzip
import hashlib
import io
import lzma
import math
import zlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import numpy as np

from sememe.errors import ImageError
from sememe.images.image_set import ImageSet

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"
# Large enough to cost few calls, small enough to stay in the second-level cache while it is summed.
_CHUNK = 1 << 20


def idx(
    images_path: Path | str,
    labels_path: Path | str | None = None,
    label_names: Sequence[str] = (),
    name: str | None = None,
) -> ImageSet:
    """Load images, and labels where there are any, from IDX files.

    Whether a file is plain, gzip or xz is told from its first bytes, not from its name.

    Args:
        images_path: unsigned bytes with axes (images, height, width) or (images, channels, height, width).
        labels_path: integers with one axis, in the order of the images.
        label_names: a name a class; empty: the numbers.
        name: what to call the set; None: the name of the images' file.

    Raises:
        ImageError: a file is missing, damaged, truncated or not IDX, or the counts differ.
    """
    images_path = Path(images_path)
    pixels = read_idx(images_path)
    if pixels.dtype != np.uint8 or pixels.ndim not in (3, 4):
        raise ImageError(
            f"{images_path} holds {pixels.dtype.name} values of shape {pixels.shape}, not images; expected "
            f"unsigned bytes with 3 or 4 axes (were images and labels swapped?)."
        )
    labels = None
    if labels_path is not None:
        labels = read_idx(labels_path)
        if labels.dtype.kind not in "iu" or labels.ndim != 1:
            raise ImageError(
                f"{labels_path} holds {labels.dtype.name} values of shape {labels.shape}, not labels; "
                f"expected integers with one axis."
            )
        if len(labels) != len(pixels):
            raise ImageError(
                f"{images_path} has {len(pixels)} images but {labels_path} has {len(labels)} labels; "
                f"do they belong together?"
            )
        labels = labels.astype(np.int64)
    if name is None:
        name = images_path.name.split(".")[0]
    return ImageSet(pixels, labels, tuple(label_names), name)


def read_idx(path: Path | str) -> np.ndarray:
    """Read one IDX file, plain, gzip or xz, as an array in the machine's byte order."""
    try:
        with open(path, "rb") as stream:
            return parse_idx(stream, str(path))
    except FileNotFoundError:
        raise ImageError(f"There is no file {path}.") from None
    except (IsADirectoryError, PermissionError) as error:
        raise ImageError(f"{path} cannot be read: {error.strerror}.") from None


def parse_idx(stream: io.BufferedReader | io.BytesIO, source: str, md5: str | None = None) -> np.ndarray:
    """Parse an IDX file from a seekable stream, decompressing straight into the array that is returned.

    Args:
        stream: at the first byte of the file, as it lies on disk.
        source: what to call the file in messages.
        md5: the sum that the unpacked file must have; None: not checked.

    Raises:
        ImageError: the file is damaged, truncated, too long, not IDX, or has another sum.
    """
    try:
        with _unpacked(stream) as unpacked:
            return _parse_unpacked(unpacked, source, md5)
    except EOFError:
        raise ImageError(
            f"{source} is truncated: the compressed data end too early; fetch the file again."
        ) from None
    except (lzma.LZMAError, zlib.error, gzip.BadGzipFile) as error:
        raise ImageError(
            f"{source} is damaged and cannot be decompressed ({error}); fetch it again."
        ) from None


def _unpacked(stream: io.BufferedReader | io.BytesIO) -> AbstractContextManager[io.BufferedIOBase]:
    magic = stream.read(len(_XZ))
    stream.seek(0)
    if magic.startswith(_GZIP):
        return gzip.GzipFile(fileobj=stream)
    if magic == _XZ:
        return lzma.LZMAFile(stream)
    return nullcontext(stream)


def _parse_unpacked(stream: io.BufferedIOBase, source: str, md5: str | None) -> np.ndarray:
    header = stream.read(4)
    if len(header) < 4 or header[:2] != b"\0\0" or header[2] not in _DTYPES or header[3] == 0:
        raise ImageError(
            f"{source} is not an IDX file: it begins with {header.hex(' ') or 'nothing'} instead of 00 00, "
            f"a type and a number of axes."
        )
    axes = stream.read(4 * header[3])
    if len(axes) < 4 * header[3]:
        raise ImageError(f"{source} is truncated: it ends within the header; fetch the file again.")
    shape = tuple(int(length) for length in np.frombuffer(axes, ">u4"))
    dtype = np.dtype(_DTYPES[header[2]])
    digest = None if md5 is None else hashlib.md5(header + axes, usedforsecurity=False)
    try:
        values = np.empty(math.prod(shape) * dtype.itemsize, np.uint8)
    except (MemoryError, ValueError):
        raise ImageError(
            f"{source} claims the shape {shape}, more than memory can hold; it may be damaged."
        ) from None
    missing = values.size - _fill(stream, values.data, digest)
    if missing:
        raise ImageError(
            f"{source} is truncated: {missing} of the {values.size} bytes that its header announces are "
            f"missing; fetch the file again."
        )
    # Reading on is also what makes gzip and xz verify their own checksums.
    if stream.read(1):
        raise ImageError(f"{source} goes on after the {values.size} bytes that its header announces.")
    if digest is not None and digest.hexdigest() != md5:
        raise ImageError(
            f"{source} is damaged: its md5 sum is {digest.hexdigest()}, not {md5}; install the package again."
        )
    array = values.view(dtype).reshape(shape)
    return array.astype(dtype.newbyteorder("="), copy=False)


def _fill(stream: io.BufferedIOBase, buffer: memoryview, digest: "hashlib._Hash | None") -> int:
    """Fill a buffer from a stream in chunks, without a second copy; how many bytes there were."""
    filled = 0
    while filled < len(buffer):
        chunk = stream.read(min(_CHUNK, len(buffer) - filled))
        if not chunk:
            break
        buffer[filled : filled + len(chunk)] = chunk
        if digest is not None:
            digest.update(chunk)
        filled += len(chunk)
    return filled
