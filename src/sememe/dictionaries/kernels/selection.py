"""The k largest of a row of pre-activations that are known up to a margin, by the maxima of blocks.

The k-th largest of the block maxima is a safe threshold: at least k entries of the row reach it, one in
each of k blocks, and few more do. One pass finds the maxima, one collects what reaches the threshold, and
only those few candidates are settled exactly. ``torch.topk`` takes several times as long.

Where values come from a coarse product, each is right to within a margin, one for each panel of PANEL
entries. What is surely as large as the threshold, less its margin, sets it; what may be as large, plus its
margin, is a candidate.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import types
from numba.extending import intrinsic

from sememe.dictionaries.kernels.compiled import kernel

# Entries looked at together: a bit each in a 64-bit word. Rows are filled up to whole panels with -inf.
PANEL = 64

# More candidates than are wanted by this many are as soon computed as ruled out.
_SPARE = 4


def padded_length(n_components: int) -> int:
    """Length of a row that is filled up to whole panels."""
    return -(-n_components // PANEL) * PANEL


def block_count(n_components: int, k: int) -> int:
    """How many blocks a row is cut into: whole panels of them, four times ``k`` or as many as there are.

    At four times ``k``, about 1.15 ``k`` entries of a row without structure reach the threshold.
    """
    return min(padded_length(n_components), padded_length(4 * k))


def _panel_address(context: Any, builder: Any, kind: Any, array: Any, start: Any) -> Any:
    """Pointer to the vector ``array[start : start + PANEL]``."""
    data = context.make_array(kind)(context, builder, array).data
    vector = ir.VectorType(context.get_value_type(kind.dtype), PANEL)
    return builder.bitcast(builder.gep(data, [start]), vector.as_pointer())


def _repeated(builder: Any, vector: Any, value: Any) -> Any:
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, value, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(
        first, undefined, ir.Constant(ir.VectorType(ir.IntType(32), PANEL), [0] * PANEL)
    )


@intrinsic
def _raise(typing_context, maxima, slot, values, start, margin):
    """``maxima[slot + j] = max(maxima[slot + j], values[start + j] - margin)`` for ``j`` in a panel."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        align = values.dtype.bitwidth // 8
        target = _panel_address(context, builder, maxima, arguments[0], arguments[1])
        source = _panel_address(context, builder, values, arguments[2], arguments[3])
        entries = builder.load(source, align=align)
        sure = builder.fsub(entries, _repeated(builder, entries.type, arguments[4]))
        before = builder.load(target, align=align)
        builder.store(
            builder.select(builder.fcmp_ordered(">", sure, before), sure, before), target, align=align
        )
        return context.get_dummy_value()

    return types.void(maxima, types.intp, values, types.intp, values.dtype), emit


@intrinsic
def _reaching(typing_context, values, start, threshold):
    """Which of ``values[start : start + PANEL]`` reach ``threshold``, as the bits of a word."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        source = _panel_address(context, builder, values, arguments[0], arguments[1])
        entries = builder.load(source, align=values.dtype.bitwidth // 8)
        reaching = builder.fcmp_ordered(">=", entries, _repeated(builder, entries.type, arguments[2]))
        return builder.bitcast(reaching, ir.IntType(64))

    return types.uint64(values, types.intp, values.dtype), emit


@intrinsic
def _lowest_bit(typing_context, word):
    """Position of the lowest set bit of a word that has one."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), emit


@intrinsic
def _count_bits(typing_context, word):
    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), emit


@intrinsic
def _from_bits(typing_context, like, bits):
    """The number of ``like``'s kind that is written as ``bits``."""

    def emit(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        integer = ir.IntType(like.dtype.bitwidth)
        number = arguments[1] if integer.width == 64 else builder.trunc(arguments[1], integer)
        return builder.bitcast(number, context.get_value_type(like.dtype))

    return like.dtype(like, types.uint64), emit


@kernel
def block_maxima(row, margins, blocks, maxima):
    """What each block surely reaches: block ``b`` holds entry ``b`` and every ``blocks``-th after."""
    maxima[:blocks] = -np.inf
    slot = 0
    for panel in range(row.shape[0] // PANEL):
        _raise(maxima, slot, row, panel * PANEL, margins[panel])
        slot += PANEL
        if slot == blocks:
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
    values[count : panels * PANEL] = -1
    kept = np.uint64(0)
    for position in range(8 * values.itemsize - 2, -1, -1):
        trial = kept | (np.uint64(1) << np.uint64(position))
        threshold = _from_bits(values, trial)
        reaching = np.uint64(0)
        for panel in range(panels):
            reaching += _count_bits(_reaching(values, panel * PANEL, threshold))
        if reaching >= k:
            kept = trial
            if reaching <= k + slack:
                break
    return _from_bits(values, kept)


@kernel
def collect(row, margins, threshold, found):
    """Positions that may reach ``threshold``, ascending, into ``found``; how many."""
    count = 0
    for panel in range(row.shape[0] // PANEL):
        start = panel * PANEL
        bits = _reaching(row, start, threshold - margins[panel])
        while bits != 0:
            found[count] = start + _lowest_bit(bits)
            bits &= bits - np.uint64(1)
            count += 1
    return count


@kernel
def candidates(row, margins, k, blocks, scratch, found):
    """Positions that may be positive and among the ``k`` largest, ascending, into ``found``; how many."""
    block_maxima(row, margins, blocks, scratch)
    threshold = kth_largest(scratch, blocks, k, k // 8)
    count = collect(row, margins, threshold, found)
    if count <= k + _SPARE:
        return count
    # The blocks' threshold is a little low. To find the exact one among the candidates takes as long as to
    # compute a few of them.
    for c in range(count):
        scratch[c] = row[found[c]] - margins[found[c] // PANEL]
    threshold = max(threshold, kth_largest(scratch, count, k, 0))
    kept = 0
    for c in range(count):
        j = found[c]
        if row[j] + margins[j // PANEL] >= threshold:
            found[kept] = j
            kept += 1
    return kept


@kernel
def settle(found, values, count, k, scratch, components, codes):
    """Keep the ``k`` largest of the candidates that are positive; how many are kept.

    Candidates come in ascending order and leave in it; of equal values at the end of the list the first
    components are kept.
    """
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
