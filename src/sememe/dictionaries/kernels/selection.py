"""The k largest of every row, by the maxima of its blocks.

The k-th largest of the block maxima is a safe threshold: at least k entries of the row reach it, one in
each of k blocks, and few more do. One pass finds the maxima, one collects what reaches the threshold, and
only those few candidates are settled exactly. ``torch.topk`` takes several times as long.
"""

import numba
import numpy as np

from sememe.dictionaries.kernels.compiled import kernel

# The maximum of a block is a vector reduction once NaN and the sign of zero need not be told apart. A NaN
# in the input still surfaces: it passes through the product, and the loss becomes NaN.
_block_maximum_flags = {"nnan", "nsz", "reassoc"}


def block_size(n_components: int, k: int) -> int:
    """Largest power of two up to 64 that leaves at least ``2 k`` blocks; 1 where there are too few."""
    size = 64
    while size > 1 and n_components < 2 * k * size:
        size //= 2
    return size


@numba.njit(cache=True, fastmath=_block_maximum_flags, nogil=True)
def _block_maxima(row, size, maxima):  # type: ignore[no-untyped-def]
    blocks = row.shape[0] // size
    for b in range(blocks):
        largest = row[b * size]
        for j in range(b * size + 1, (b + 1) * size):
            largest = max(largest, row[j])
        maxima[b] = largest
    if blocks * size < row.shape[0]:
        largest = row[blocks * size]
        for j in range(blocks * size + 1, row.shape[0]):
            largest = max(largest, row[j])
        maxima[blocks] = largest
        blocks += 1
    return blocks


@kernel
def kth_largest(values, count, k):  # type: ignore[no-untyped-def]
    """The ``k``-th largest of ``values[:count]``, which is reordered (Hoare's selection).

    The partition is the one-sided kind that ends whatever the comparisons say, so a NaN cannot trap it.
    """
    low, high, target = 0, count - 1, k - 1
    while low < high:
        middle = (low + high) // 2
        values[middle], values[high] = values[high], values[middle]
        pivot = values[high]
        store = low
        for j in range(low, high):
            if values[j] > pivot:
                values[j], values[store] = values[store], values[j]
                store += 1
        values[store], values[high] = values[high], values[store]
        if store == target:
            break
        if store < target:
            low = store + 1
        else:
            high = store - 1
    return values[target]


@kernel
def collect(row, size, threshold, found):  # type: ignore[no-untyped-def]
    """Positions of the entries of ``row`` that reach ``threshold``, ascending, into ``found``; how many.

    Counting a stretch of 64 is vectorised, and nearly all stretches count none.
    """
    count = 0
    n = row.shape[0]
    for start in range(0, n, 64):
        stop = min(start + 64, n)
        hits = 0
        for j in range(start, stop):
            hits += row[j] >= threshold
        if hits:
            for j in range(start, stop):
                if row[j] >= threshold:
                    found[count] = j
                    count += 1
    return count


@kernel
def safe_threshold(row, k, size, scratch):  # type: ignore[no-untyped-def]
    """A value that at least ``k`` entries of ``row`` reach, and few more (``scratch``: a value a block)."""
    if size == 1:
        scratch[: row.shape[0]] = row
        return kth_largest(scratch, row.shape[0], k)
    return kth_largest(scratch, _block_maxima(row, size, scratch), k)


@kernel
def settle(candidates, values, count, k, scratch, components, codes):  # type: ignore[no-untyped-def]
    """Keep the ``k`` largest of the candidates that are positive; how many are kept.

    Candidates come in ascending order and leave in it; of equal values at the end of the list the first
    components are kept.
    """
    if count > k:
        scratch[:count] = values[:count]
        threshold = kth_largest(scratch, count, k)
    else:
        threshold = values.dtype.type(0)
    above = 0
    for c in range(count):
        above += values[c] > threshold
    ties = k - above
    kept = 0
    for c in range(count):
        value = values[c]
        if value == threshold and ties > 0:
            ties -= 1
        elif not value > threshold:
            continue
        if value > 0:
            components[kept] = candidates[c]
            codes[kept] = value
            kept += 1
    return kept
