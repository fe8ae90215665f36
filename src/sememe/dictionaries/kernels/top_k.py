"""The k largest codes of every item, without a matrix of all pre-activations.

Two ways to the same result. Where the processor multiplies bytes, an 8-bit product finds for every item the
few components that can be among its k largest, and these alone are computed in full precision. Elsewhere
(and in float64) the product is torch's, a chunk of items at a time. Either way the selected values are exact
to rounding; the selected set differs from the exact one at most where two values tie within a rounding
error beyond MARGIN_DEVIATIONS standard deviations.
"""

import numba
import numpy as np
import torch
from jaxtyping import Float

from sememe.dictionaries.kernels import integer_product, quantise
from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks
from sememe.dictionaries.kernels.firings import Firings, compact
from sememe.dictionaries.kernels.integer_product import TILE_COLUMNS, TILE_ROWS, multiply_tile
from sememe.dictionaries.kernels.selection import PANEL, block_count, candidates, padded_length, settle

# Items whose sums one thread holds at a time: enough to read each component's bytes rarely, few enough that
# the sums stay in the cache of one core. A multiple of TILE_ROWS.
_ITEMS_A_TASK = 48

# Bytes of pre-activations that torch's product holds at a time.
_CHUNK_BYTES = 1 << 26


class TopKSelector:
    """Selects an encoder's k largest codes; keeps the memory that every call needs.

    Args:
        n_components, d_in: shape of the encoder.
        k: how many components are kept, at most ``n_components``.
        dtype: of the parameters. Only float32 goes by bytes.
    """

    def __init__(self, n_components: int, d_in: int, k: int, dtype: np.dtype) -> None:
        self.k = k
        self.by_bytes = dtype == np.float32 and integer_product.is_supported()
        self._blocks = block_count(n_components, k)
        self._shape = (n_components, d_in)
        threads = numba.config.NUMBA_NUM_THREADS
        padded = padded_length(n_components)
        if self.by_bytes:
            self._components = quantise.empty_components(n_components, d_in)
            self._items = quantise.empty_items(0, d_in)
            self._sums = quantise.aligned((threads, _ITEMS_A_TASK, padded), np.int32)
        else:
            self._chunk = np.empty((0, padded), dtype)
        self._rows = np.zeros((threads, 4, padded), dtype)
        self._found = np.empty((threads, padded), np.int32)

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._W, self._b = W_enc, b_enc
        if self.by_bytes:
            quantise.quantise_components(numba.get_num_threads(), W_enc, b_enc, *self._components)

    def select(self, x: Float[np.ndarray, "items neurons"]) -> Firings:
        """The positive ones among each item's k largest ``x W_encᵀ + b_enc``."""
        counts = np.empty(len(x), np.int64)
        components = np.empty((len(x), self.k), np.int32)
        values = np.empty((len(x), self.k), x.dtype)
        if self.by_bytes:
            if len(x) != self._items.scale.size:
                self._items = quantise.empty_items(len(x), self._shape[1])
            quantise.quantise_items(numba.get_num_threads(), x, *self._items)
            _select_by_bytes(
                numba.get_num_threads(), x, self._W, self._b, self._items, self._components, self.k, self._blocks,
                self._sums, self._rows, self._found, counts, components, values,
            )  # fmt: skip
        else:
            self._select_from_product(x, counts, components, values)
        return compact(counts, components, values)

    def _select_from_product(
        self, x: np.ndarray, counts: np.ndarray, components: np.ndarray, values: np.ndarray
    ) -> None:
        n_components, padded = len(self._W), self._chunk.shape[1]
        rows = max(1, min(len(x), _CHUNK_BYTES // (padded * x.itemsize)))
        if len(self._chunk) < rows:
            self._chunk = np.full((rows, padded), -np.inf, x.dtype)
        bias, encoder = torch.from_numpy(self._b), torch.from_numpy(self._W).T
        for start in range(0, len(x), rows):
            part = slice(start, min(start + rows, len(x)))
            pre = self._chunk[: part.stop - start]
            torch.addmm(bias, torch.from_numpy(x[part]), encoder, out=torch.from_numpy(pre)[:, :n_components])
            _select_rows(
                numba.get_num_threads(), pre, self.k, self._blocks, self._rows, self._found,
                counts[part], components[part], values[part],
            )  # fmt: skip


@kernel
def _multiply(items, first, count, components, sums):  # type: ignore[no-untyped-def]
    """Sums of products of ``count`` items with every component."""
    panels, steps = components.bytes.shape[:2]
    stride = items.bytes.shape[1]
    sums_stride = sums.shape[1] * 4
    for panel in range(panels):
        columns = components.bytes.ctypes.data + panel * steps * TILE_COLUMNS * 4
        for r in range(0, count, TILE_ROWS):
            multiply_tile(
                numba.uintp(items.bytes.ctypes.data + (first + r) * stride),
                stride,
                numba.uintp(columns),
                steps,
                numba.uintp(sums.ctypes.data + r * sums_stride + panel * TILE_COLUMNS * 4),
                sums_stride,
            )


@kernel
def _pre_activations(sums, item_scale, item_length, components, pre, margins):  # type: ignore[no-untyped-def]
    """What an item's sums mean, and how far off each panel's can be."""
    scale, shift, bias, rounding = components.scale, components.shift, components.bias, components.rounding
    for j in range(sums.shape[0]):
        pre[j] = np.float32(sums[j] + shift[j]) * (item_scale * scale[j]) + bias[j]
    for panel in range(rounding.shape[1]):
        margins[panel] = item_scale * rounding[0, panel] + item_length * rounding[1, panel]


@kernel
def _exact_values(x, W, b, found, count, values):  # type: ignore[no-untyped-def]
    """``values = W[found] @ x + b[found]``, four rows at a time."""
    zero = x.dtype.type(0)
    c = 0
    while c + 4 <= count:
        w0, w1, w2, w3 = W[found[c]], W[found[c + 1]], W[found[c + 2]], W[found[c + 3]]
        v0, v1, v2, v3 = zero, zero, zero, zero
        for n in range(x.shape[0]):
            v0 += x[n] * w0[n]
            v1 += x[n] * w1[n]
            v2 += x[n] * w2[n]
            v3 += x[n] * w3[n]
        values[c], values[c + 1], values[c + 2], values[c + 3] = v0, v1, v2, v3
        c += 4
    while c < count:
        w0, v0 = W[found[c]], zero
        for n in range(x.shape[0]):
            v0 += x[n] * w0[n]
        values[c] = v0
        c += 1
    for c in range(count):
        values[c] += b[found[c]]


@kernel
def _select_task(
    first, last, x, W, b, items, components, k, blocks, sums, rows, found, counts, chosen, values
):  # type: ignore[no-untyped-def]  # noqa: E501
    pre, margins, scratch, exact = rows[0], rows[1], rows[2], rows[3]
    _multiply(items, first, last - first, components, sums)
    for i in range(first, last):
        _pre_activations(sums[i - first], items.scale[i], items.length[i], components, pre, margins)
        count = candidates(pre, margins, k, blocks, scratch, found)
        _exact_values(x[i], W, b, found, count, exact)
        counts[i] = settle(found, exact, count, k, scratch, chosen[i], values[i])


@over_tasks
def _select_by_bytes(
    threads, x, W, b, items, components, k, blocks, sums, rows, found, counts, chosen, values
):  # type: ignore[no-untyped-def]  # noqa: E501
    counter = np.zeros(1, np.int64)
    for thread in numba.prange(threads):
        task = next_task(counter)
        while task < (x.shape[0] + _ITEMS_A_TASK - 1) // _ITEMS_A_TASK:
            first = task * _ITEMS_A_TASK
            last = min(first + _ITEMS_A_TASK, x.shape[0])
            _select_task(
                first, last, x, W, b, items, components, k, blocks,
                sums[thread], rows[thread], found[thread], counts, chosen, values,
            )  # fmt: skip
            task = next_task(counter)


@kernel
def _select_rows_task(first, last, pre, k, blocks, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]
    margins, scratch, exact = rows[1], rows[2], rows[3]
    margins[: pre.shape[1] // PANEL] = 0
    for i in range(first, last):
        count = candidates(pre[i], margins, k, blocks, scratch, found)
        for c in range(count):
            exact[c] = pre[i, found[c]]
        counts[i] = settle(found, exact, count, k, scratch, chosen[i], values[i])


@over_tasks
def _select_rows(threads, pre, k, blocks, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]
    counter = np.zeros(1, np.int64)
    for thread in numba.prange(threads):
        task = next_task(counter)
        while task < (pre.shape[0] + _ITEMS_A_TASK - 1) // _ITEMS_A_TASK:
            first = task * _ITEMS_A_TASK
            last = min(first + _ITEMS_A_TASK, pre.shape[0])
            _select_rows_task(
                first, last, pre, k, blocks, rows[thread], found[thread], counts, chosen, values
            )
            task = next_task(counter)
