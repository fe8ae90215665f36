"""The k largest codes of every item, without a matrix of all pre-activations.

Two ways to the same result. Where the processor multiplies bytes, an 8-bit product finds for every item the
few components that can be among its k largest, and these alone are computed in full precision. Elsewhere,
in float64, and where most components are wanted, the product is torch's. Either way the selected values are
exact to rounding; the selected set differs from the exact one at most where two values tie within an error
of the bytes beyond ``quantise.MARGIN_DEVIATIONS`` standard deviations.
"""

import numba
import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks
from sememe.dictionaries.kernels.firings import Firings, compact
from sememe.dictionaries.kernels.product import ChunkedProduct
from sememe.dictionaries.kernels.screen import ITEMS_A_TASK, Screen, exact_values, multiply, pre_activations
from sememe.dictionaries.kernels.selection import PANEL, block_count, candidates, padded_length, settle


class TopKSelector:
    """Selects an encoder's k largest codes; keeps the memory that every call needs.

    Args:
        n_components, d_in: shape of the encoder.
        k: how many components are kept, at most ``n_components``.
        dtype: of the parameters. Only float32 goes by bytes.
    """

    def __init__(self, n_components: int, d_in: int, k: int, dtype: np.dtype) -> None:
        self.k = k
        self.shape = (n_components, d_in)
        padded, threads = padded_length(n_components), numba.config.NUMBA_NUM_THREADS
        self._blocks = block_count(n_components, k)
        self._screen: Screen | None = None
        # Computing a quarter of the components one by one costs as much as torch's product of all.
        if dtype == np.float32 and n_components >= 4 * k and integer_product.is_supported():
            self._screen = Screen(n_components, d_in)
        else:
            self._product = ChunkedProduct(n_components, dtype)
        self._rows = np.zeros((threads, 4, padded), dtype)
        self._found = np.empty((threads, padded), np.int32)

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._W, self._b = W_enc, b_enc
        if self._screen is not None:
            self._screen.read_encoder(W_enc, b_enc)

    def select(self, x: Float[np.ndarray, "items neurons"]) -> Firings:
        """The positive ones among each item's k largest ``x W_encᵀ + b_enc``."""
        counts = np.empty(len(x), np.int64)
        components = np.empty((len(x), self.k), np.int32)
        values = np.empty((len(x), self.k), x.dtype)
        threads, room = numba.get_num_threads(), (self._rows, self._found)
        if self._screen is not None:
            screen = self._screen
            screen.read_items(x)
            _select_by_bytes(
                threads, x, self._W, self._b, screen.items, screen.components, self.k, self._blocks,
                screen.sums, *room, counts, components, values,
            )  # fmt: skip
        else:
            for part, pre in self._product.chunks(x, self._W, self._b):
                _select_rows(
                    threads, pre, self.k, self._blocks, *room, counts[part], components[part], values[part]
                )
        return compact(counts, components, values)


@kernel
def _select_task(first, last, x, W, b, items, components, k, blocks, sums, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]  # noqa: E501
    pre, margins, scratch, exact = rows[0], rows[1], rows[2], rows[3]
    multiply(items, first, last - first, components, sums)
    for i in range(first, last):
        pre_activations(sums[i - first], items.scale[i], items.length[i], components, pre, margins)
        count = candidates(pre, margins, k, blocks, scratch, found)
        exact_values(x[i], W, b, found, count, exact)
        counts[i] = settle(found, exact, count, k, scratch, chosen[i], values[i])


@over_tasks
def _select_by_bytes(threads, x, W, b, items, components, k, blocks, sums, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]  # noqa: E501
    counter = np.zeros(1, np.int64)
    for thread in numba.prange(threads):
        task = next_task(counter)
        while task * ITEMS_A_TASK < x.shape[0]:
            first = task * ITEMS_A_TASK
            last = min(first + ITEMS_A_TASK, x.shape[0])
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
        while task * ITEMS_A_TASK < pre.shape[0]:
            first = task * ITEMS_A_TASK
            last = min(first + ITEMS_A_TASK, pre.shape[0])
            _select_rows_task(
                first, last, pre, k, blocks, rows[thread], found[thread], counts, chosen, values
            )
            task = next_task(counter)
