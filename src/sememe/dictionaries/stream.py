"""Shuffled batches of items, the same for a seed wherever the reading begins.

Batch ``b`` is a function of the items, the seed and ``b`` alone: nothing but that number has to be
remembered to go on where a training was cut off, and several dictionaries can be fed by one stream.

Items in memory are shuffled as a whole. A store is shuffled by reading its chunks in random order, a window
of chunks at a time, and shuffling the rows of the window; no more than two windows are ever held.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from jaxtyping import Float32, Int64

from sememe.dictionaries.items import WINDOW_BYTES, Items


class BatchStream:
    """An endless sequence of batches; every pass over the items is shuffled anew.

    Args:
        items: what to draw from.
        batch_size: items a batch; all items, where there are fewer. What is left over at the end of a pass
            is not given, and is another remainder in every pass.
        seed: of the shuffling.
        held_out: sorted rows that are never given.
        window_bytes: how much of a store is read and shuffled together.
    """

    def __init__(
        self,
        items: Items,
        batch_size: int,
        seed: int,
        held_out: Int64[np.ndarray, " held_out"] | None = None,
        window_bytes: int = WINDOW_BYTES,
    ) -> None:
        self.items = items
        self.seed = seed
        self._held_out = np.zeros(0, dtype=np.int64) if held_out is None else held_out
        self.n_items = len(items) - len(self._held_out)
        self.batch_size = min(batch_size, self.n_items)
        self.batches_per_epoch = self.n_items // self.batch_size
        self._blocks_per_window = max(1, items.rows_within(window_bytes) // items.block)

    def batches(self, start: int, stop: int) -> Iterator[Float32[np.ndarray, "batch neurons"]]:
        """Batches ``start`` to ``stop`` of the endless sequence."""
        while start < stop:
            epoch, first = divmod(start, self.batches_per_epoch)
            last = min(self.batches_per_epoch, first + stop - start)
            yield from self._epoch(epoch, first, last)
            start += last - first

    def _epoch(self, epoch: int, first: int, last: int) -> Iterator[np.ndarray]:
        if self.items.in_memory:
            order = np.random.default_rng([self.seed, epoch]).permutation(self._rows_of(0, len(self.items)))
            for batch in range(first, last):
                yield self.items.take(order[batch * self.batch_size : (batch + 1) * self.batch_size])
        else:
            yield from self._epoch_from_store(epoch, first, last)

    def _epoch_from_store(self, epoch: int, first: int, last: int) -> Iterator[np.ndarray]:
        n_blocks = -(-len(self.items) // self.items.block)
        order = np.random.default_rng([self.seed, epoch]).permutation(n_blocks)
        windows = [
            order[start : start + self._blocks_per_window]
            for start in range(0, n_blocks, self._blocks_per_window)
        ]
        # Windows before the first batch are skipped unread: only their numbers of rows count.
        skip = first * self.batch_size
        begin = 0
        while skip >= (size := sum(len(self._rows_of(*self._bounds(block))) for block in windows[begin])):
            skip -= size
            begin += 1
        left = last - first
        pending = np.empty((0, self.items.n_neurons), dtype=np.float32)
        with ThreadPoolExecutor(max_workers=1) as reader:
            ahead = reader.submit(self._window, windows[begin], epoch, begin)
            for number in range(begin, len(windows)):
                rows = ahead.result()
                if number + 1 < len(windows) and (len(pending) + len(rows) - skip) // self.batch_size < left:
                    ahead = reader.submit(self._window, windows[number + 1], epoch, number + 1)
                pending, skip = np.concatenate([pending, rows[skip:]]), 0
                ready = min(left, len(pending) // self.batch_size)
                for batch in range(ready):
                    yield pending[batch * self.batch_size : (batch + 1) * self.batch_size]
                pending = pending[ready * self.batch_size :].copy()
                left -= ready
                if left == 0:
                    return

    def _window(self, blocks: np.ndarray, epoch: int, number: int) -> np.ndarray:
        parts = []
        for block in blocks:
            start, stop = self._bounds(block)
            parts.append(self.items.read(start, stop)[self._rows_of(start, stop) - start])
        rows = np.concatenate(parts)
        return rows[np.random.default_rng([self.seed, epoch, number]).permutation(len(rows))]

    def _bounds(self, block: int | np.integer) -> tuple[int, int]:
        start = int(block) * self.items.block
        return start, min(start + self.items.block, len(self.items))

    def _rows_of(self, start: int, stop: int) -> np.ndarray:
        """The rows from ``start`` to ``stop`` that are not held out."""
        out = self._held_out[np.searchsorted(self._held_out, start) : np.searchsorted(self._held_out, stop)]
        kept = np.ones(stop - start, dtype=bool)
        kept[out - start] = False
        return np.flatnonzero(kept) + start
