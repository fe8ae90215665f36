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
from sememe.dictionaries.kernels.compiled import kernel, over_tasks
from sememe.dictionaries.kernels.firings import Firings, compact
from sememe.dictionaries.kernels.integer_product import TILE_COLUMNS, TILE_ROWS, multiply_tile
from sememe.dictionaries.kernels.selection import block_size, collect, kth_largest, safe_threshold, settle

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
        self._block = block_size(n_components, k)
        self._shape = (n_components, d_in)
        threads = numba.config.NUMBA_NUM_THREADS
        if self.by_bytes:
            self._components = quantise.empty_components(n_components, d_in)
            self._items = quantise.empty_items(0, d_in)
            padded = self._components.scale.size
            self._sums = quantise.aligned((threads, _ITEMS_A_TASK, padded), np.int32)
        else:
            padded = n_components
            self._chunk = np.empty((0, n_components), dtype)
        self._rows = quantise.aligned((threads, 4, padded), dtype.type)
        self._found = np.empty((threads, padded), np.int32)

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._W, self._b = W_enc, b_enc
        if self.by_bytes:
            quantise.quantise_components(W_enc, b_enc, *self._components)

    def select(self, x: Float[np.ndarray, "items neurons"]) -> Firings:
        """The positive ones among each item's k largest ``x W_encᵀ + b_enc``."""
        counts = np.empty(len(x), np.int64)
        components = np.empty((len(x), self.k), np.int32)
        values = np.empty((len(x), self.k), x.dtype)
        if self.by_bytes:
            if len(x) != self._items.scale.size:
                self._items = quantise.empty_items(len(x), self._shape[1])
            quantise.quantise_items(x, *self._items)
            _select_by_bytes(
                x, self._W, self._b, self._items, self._components, self.k, self._block,
                self._sums, self._rows, self._found, counts, components, values,
            )  # fmt: skip
        else:
            self._select_from_product(x, counts, components, values)
        return compact(counts, components, values)

    def _select_from_product(
        self, x: np.ndarray, counts: np.ndarray, components: np.ndarray, values: np.ndarray
    ) -> None:
        rows = max(1, min(len(x), _CHUNK_BYTES // (self._chunk.shape[1] * x.itemsize)))
        if len(self._chunk) < rows:
            self._chunk = np.empty((rows, self._chunk.shape[1]), x.dtype)
        bias, encoder = torch.from_numpy(self._b), torch.from_numpy(self._W).T
        for start in range(0, len(x), rows):
            part = slice(start, min(start + rows, len(x)))
            pre = self._chunk[: part.stop - start]
            torch.addmm(bias, torch.from_numpy(x[part]), encoder, out=torch.from_numpy(pre))
            _select_rows(
                pre, self.k, self._block, self._rows, self._found, counts[part], components[part], values[part]
            )


@kernel
def _exact_value(x, w, bias):  # type: ignore[no-untyped-def]
    total = x.dtype.type(0)
    for j in range(x.shape[0]):
        total += x[j] * w[j]
    return total + bias


@kernel
def _bounds(sums, item_scale, item_length, components, lower, upper):  # type: ignore[no-untyped-def]
    """What each pre-activation is at least and at most, but for rounding beyond the margin."""
    scale, shift, bias, rounding = components.scale, components.shift, components.bias, components.rounding
    for j in range(sums.shape[0]):
        value = np.float32(sums[j] + shift[j]) * (item_scale * scale[j]) + bias[j]
        margin = item_scale * rounding[0, j] + item_length * rounding[1, j]
        lower[j] = value - margin
        upper[j] = value + margin


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
def _select_task(first, last, x, W, b, items, components, k, block, sums, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]  # noqa: E501
    lower, upper, scratch, exact = rows[0], rows[1], rows[2], rows[3]
    _multiply(items, first, last - first, components, sums)
    for i in range(first, last):
        _bounds(sums[i - first], items.scale[i], items.length[i], components, lower, upper)
        threshold = max(safe_threshold(lower, k, block, scratch), np.float32(0))
        count = collect(upper, block, threshold, found)
        if count > k:
            # The block maxima's threshold is a little low; among the candidates the exact one is cheap.
            for c in range(count):
                scratch[c] = lower[found[c]]
            threshold = max(kth_largest(scratch, count, k), threshold)
        kept = 0
        for c in range(count):
            j = found[c]
            if upper[j] >= threshold:
                found[kept] = j
                exact[kept] = _exact_value(x[i], W[j], b[j])
                kept += 1
        counts[i] = settle(found, exact, kept, k, scratch, chosen[i], values[i])


@over_tasks
def _select_by_bytes(x, W, b, items, components, k, block, sums, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]  # noqa: E501
    for task in numba.prange((x.shape[0] + _ITEMS_A_TASK - 1) // _ITEMS_A_TASK):
        thread = numba.get_thread_id()
        first = task * _ITEMS_A_TASK
        last = min(first + _ITEMS_A_TASK, x.shape[0])
        _select_task(
            first, last, x, W, b, items, components, k, block,
            sums[thread], rows[thread], found[thread], counts, chosen, values,
        )  # fmt: skip


@kernel
def _select_rows_task(first, last, pre, k, block, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]
    scratch, exact = rows[2], rows[3]
    for i in range(first, last):
        threshold = safe_threshold(pre[i], k, block, scratch)
        count = collect(pre[i], block, threshold, found)
        for c in range(count):
            exact[c] = pre[i, found[c]]
        counts[i] = settle(found, exact, count, k, scratch, chosen[i], values[i])


@over_tasks
def _select_rows(pre, k, block, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]
    for task in numba.prange((pre.shape[0] + _ITEMS_A_TASK - 1) // _ITEMS_A_TASK):
        thread = numba.get_thread_id()
        first = task * _ITEMS_A_TASK
        last = min(first + _ITEMS_A_TASK, pre.shape[0])
        _select_rows_task(first, last, pre, k, block, rows[thread], found[thread], counts, chosen, values)
