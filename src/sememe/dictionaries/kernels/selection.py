"""The k largest of a row of pre-activations that are known up to a margin, by the maxima of blocks.

The k-th largest of the block maxima is a safe threshold: at least k entries of the row reach it, one in
each of k blocks, and few more do. One pass finds the maxima, one collects what reaches the threshold, and
only those few candidates are settled exactly. ``torch.topk`` takes several times as long.

Where values come from a coarse product, each is right to within a margin. What every value surely reaches
(less its margin) sets the threshold; what may reach it (plus its margin) is a candidate.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

import numpy as np

from sememe.dictionaries.kernels.compiled import kernel
from sememe.dictionaries.kernels.vectors import (
    FEW,
    PANEL,
    count_bits,
    few_above,
    few_reaching,
    from_bits,
    largest_below,
    lowest_bit,
    padded_length,
    raise_maxima,
    reaching,
)


def block_count(n_components: int, k: int) -> int:
    """How many blocks a row is cut into: whole panels of them, four times ``k`` or as many as there are.

    At four times ``k``, about 1.15 ``k`` entries of a row without structure reach the threshold.
    """
    return min(padded_length(n_components), padded_length(max(1, 4 * k)))


# Up to so many are found sooner by taking the largest again and again than bit by bit.
_ROUNDS = 8


@kernel
def block_maxima(row, maxima):
    """The largest of each block: block ``b`` holds entry ``b`` and every ``maxima.shape[0]``-th after."""
    maxima[:] = -np.inf
    slot = 0
    for panel in range(row.shape[0] // PANEL):
        raise_maxima(maxima, slot, row, panel * PANEL)
        slot += PANEL
        if slot == maxima.shape[0]:
            slot = 0


@kernel
def kth_largest(values, count, k, slack):
    """What the ``k`` largest of ``values[:count]`` reach, and at most ``slack`` others that differ.

    0 where fewer than ``k`` are positive. Positive numbers order as the integers of the same bits do, so the
    threshold is found bit by bit from the top: a bit is kept where at least ``k`` values still reach it.
    Unlike a partition this takes no unpredictable branch, and it ends once few enough reach the threshold.
    ``values`` is filled up with -1 to a whole panel.
    """
    panels = (count + PANEL - 1) // PANEL
    for c in range(count, panels * PANEL):
        values[c] = -1
    kept = np.uint64(0)
    for position in range(8 * values.itemsize - 2, -1, -1):
        trial = kept | (np.uint64(1) << np.uint64(position))
        threshold = from_bits(values, trial)
        reached = 0
        for panel in range(panels):
            reached += count_bits(reaching(values, panel * PANEL, threshold))
        if reached >= k:
            kept = trial
            if reached <= k + slack:
                break
    return from_bits(values, kept)


@kernel
def block_threshold(maxima, k):
    """A number that at least ``k`` of the maxima reach and few more; 0 where fewer are positive."""
    if k > _ROUNDS:
        return kth_largest(maxima, maxima.shape[0], k, k // 8)
    # One after another from the largest on; equal ones count once, which lowers the threshold.
    threshold = maxima.dtype.type(np.inf)
    for _ in range(k):
        threshold = largest_below(maxima, maxima.shape[0] // PANEL, threshold)
    return max(threshold, maxima.dtype.type(0))


@kernel
def collect(row, threshold, found):
    """Positions that reach ``threshold``, ascending, into ``found``; how many.

    ``found`` has room for a position more than the row has. A panel seldom holds more than two, so two are
    written without asking whether they are there.
    """
    count = 0
    for panel in range(row.shape[0] // PANEL):
        start = panel * PANEL
        bits = reaching(row, start, threshold)
        following = count + count_bits(bits)
        found[count] = start + lowest_bit(bits)
        bits &= bits - np.uint64(1)
        found[count + 1] = start + lowest_bit(bits)
        bits &= bits - np.uint64(1)
        while bits != 0:
            found[count + 2] = start + lowest_bit(bits)
            bits &= bits - np.uint64(1)
            count += 1
        count = following
    return count


@kernel
def _settle_few(found, values, count, k, scratch, components, codes):
    """``settle`` by the rank of each candidate, which takes no unpredictable branch."""
    earlier = np.uint64(0)
    kept = 0
    # Four at a time again, and always as many for most items; -1 is never kept.
    for c in range((count + 3) // 4 * 4):
        value = values[c]
        before = few_above(values, 0, value) | (few_reaching(values, 0, value) & earlier)
        earlier = (earlier << np.uint64(1)) | np.uint64(1)
        found[kept], scratch[kept] = found[c], value
        kept += (count_bits(before) < k) & (value > 0)
    for c in range(kept):
        components[c] = found[c]
        codes[c] = scratch[c]
    return kept


@kernel
def settle(found, values, count, k, scratch, components, codes):
    """Keep the ``k`` largest of the candidates that are positive; how many are kept.

    Candidates come in ascending order and leave in it; of equal values at the end of the list the first
    components are kept. ``values`` is filled up with -1 to FEW.
    """
    if count <= FEW:
        return _settle_few(found, values, count, k, scratch, components, codes)
    threshold = values.dtype.type(0)
    if count > k:
        for c in range(count):
            scratch[c] = values[c]
        threshold = kth_largest(scratch, count, k, 0)
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
            components[kept] = found[c]
            codes[kept] = value
            kept += 1
    return kept
