"""One array of a store: written in whole chunks as rows arrive, read back without trust.

Chunks hold whole rows, about 4 MiB of them, each with its CRC-32C, so that damage is noticed by whoever reads
it. They are not compressed: training reads a store many times, and on two cores reading came to 3.5 GB/s,
through zstd at level 1 to 0.7 GB/s, for files two thirds as long. Nor are they gathered in shards, which were
slower to write; at 4 MiB a file, a terabyte is a quarter of a million files. The SHA-256 of the whole array
is taken while it is written.
"""

import hashlib

import numpy as np
import zarr
from zarr.codecs import Crc32cCodec

from sememe.errors import FormatError

CHUNK_BYTES = 4 << 20


class Column:
    """An array that grows by whole chunks; rows wait in a buffer until they fill one."""

    def __init__(
        self, group: zarr.Group, name: str, axes: tuple[str, ...], shape: tuple[int, ...], dtype: str
    ) -> None:
        row_bytes = int(np.prod(shape[1:], dtype=np.int64)) * np.dtype(dtype).itemsize
        chunk_rows = max(1, min(shape[0], CHUNK_BYTES // row_bytes))
        self.array: zarr.Array = group.create_array(
            name,
            shape=shape,
            dtype=dtype,
            chunks=(chunk_rows, *shape[1:]),
            compressors=Crc32cCodec(),
            dimension_names=axes,
            config={"write_empty_chunks": True},
        )
        self._buffer = np.empty((chunk_rows, *shape[1:]), dtype)
        self._held = 0  # rows in the buffer
        self._written = 0  # rows in the array
        self._digest = hashlib.sha256()

    def append(self, rows: np.ndarray) -> None:
        """Add rows after those that are already there."""
        while len(rows):
            free = len(self._buffer) - self._held
            head, rows = rows[:free], rows[free:]
            self._buffer[self._held : self._held + len(head)] = head
            self._held += len(head)
            if self._held == len(self._buffer):
                self._flush()

    def close(self) -> str:
        """Write what is left; the SHA-256 of all rows, little-endian, in order."""
        self._flush()
        assert self._written == self.array.shape[0], "fewer items than were announced"
        return self._digest.hexdigest()

    def _flush(self) -> None:
        if self._held == 0:
            return
        rows = self._buffer[: self._held]
        self.array[self._written : self._written + self._held] = rows
        self._digest.update(rows.data)
        self._written += self._held
        self._held = 0


def read(array: zarr.Array, items: slice | np.ndarray) -> np.ndarray:
    """Rows of an array; damaged chunks are a :class:`FormatError`."""
    try:
        return np.asarray(array[items] if isinstance(items, slice) else array.oindex[items])
    except (ValueError, RuntimeError) as error:  # what Zarr's codecs raise
        raise FormatError(f"{array.store_path} is damaged ({error}): harvest it again.") from error


def checksum(array: zarr.Array) -> str:
    """The SHA-256 of all rows in order, read a chunk at a time."""
    digest = hashlib.sha256()
    for start in range(0, array.shape[0], array.chunks[0]):
        digest.update(read(array, slice(start, start + array.chunks[0])).data)
    return digest.hexdigest()
