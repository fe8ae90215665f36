"""All codes above a threshold, and the k largest of a whole batch."""

import numba
import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks
from sememe.dictionaries.kernels.firings import Firings, compact
from sememe.dictionaries.kernels.product import ChunkedProduct
from sememe.dictionaries.kernels.screen import ITEMS_A_TASK, Screen, exact_values, multiply, pre_activations
from sememe.dictionaries.kernels.selection import PANEL, collect, padded_length

# Room for an item's codes to begin with; doubled when an item has more.
_FIRST_CAPACITY = 64


class AboveSelector:
    """Selects an encoder's positive codes that reach a threshold; keeps the memory that every call needs."""

    def __init__(self, n_components: int, d_in: int, dtype: np.dtype) -> None:
        padded, threads = padded_length(n_components), numba.config.NUMBA_NUM_THREADS
        self._capacity = min(n_components, _FIRST_CAPACITY)
        self._screen: Screen | None = None
        if dtype == np.float32 and integer_product.is_supported():
            self._screen = Screen(n_components, d_in)
        else:
            self._product = ChunkedProduct(n_components, dtype)
        self._rows = np.zeros((threads, 3, padded), dtype)
        self._found = np.empty((threads, padded), np.int32)

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._W, self._b = W_enc, b_enc
        if self._screen is not None:
            self._screen.read_encoder(W_enc, b_enc)

    def select(self, x: Float[np.ndarray, "items neurons"], threshold: float = 0.0) -> Firings:
        """All of ``x W_encᵀ + b_enc`` that are positive and reach ``threshold``."""
        if self._screen is not None:
            self._screen.read_items(x)
        while True:
            counts = np.empty(len(x), np.int64)
            components = np.empty((len(x), self._capacity), np.int32)
            values = np.empty((len(x), self._capacity), x.dtype)
            self._fill(x, x.dtype.type(threshold), counts, components, values)
            most = int(counts.max(initial=0))
            if most <= self._capacity:
                return compact(counts, components, values)
            self._capacity = min(len(self._W), 2 * most)

    def _fill(
        self,
        x: np.ndarray,
        threshold: np.floating,
        counts: np.ndarray,
        components: np.ndarray,
        values: np.ndarray,
    ) -> None:
        threads, room = numba.get_num_threads(), (self._rows, self._found)
        if self._screen is not None:
            screen = self._screen
            _above_by_bytes(
                threads, x, self._W, self._b, screen.items, screen.components, threshold,
                screen.sums, *room, counts, components, values,
            )  # fmt: skip
        else:
            for part, pre in self._product.chunks(x, self._W, self._b):
                _above_in_rows(threads, pre, threshold, *room, counts[part], components[part], values[part])


class BatchTopKSelector:
    """Selects the ``k`` codes per item that are largest in the whole batch (Bussmann et al. 2024).

    A threshold a little below the last batch's collects some more codes than are wanted, of which the
    largest are taken. Where it collects too few it was too high, and is lowered until it does not.
    """

    def __init__(self, n_components: int, d_in: int, k: int, dtype: np.dtype) -> None:
        self.k = k
        self._above = AboveSelector(n_components, d_in, dtype)
        self._threshold: float | None = None

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._above.prepare(W_enc, b_enc)

    def select(self, x: Float[np.ndarray, "items neurons"]) -> Firings:
        """The positive ones among the batch's ``k * items`` largest ``x W_encᵀ + b_enc``.

        Of equal values at the end of the list the first items' are kept.
        """
        wanted = self.k * len(x)
        guess = self._first_guess(x) if self._threshold is None else 0.9 * self._threshold
        firings = self._above.select(x, guess)
        while firings.values.size < wanted and guess > 0:
            guess = guess / 2 if guess > 1e-6 else 0.0
            firings = self._above.select(x, guess)
        if firings.values.size <= wanted:
            self._threshold = guess
            return firings
        cut = np.partition(firings.values, firings.values.size - wanted)[firings.values.size - wanted]
        self._threshold = float(cut)
        kept = firings.values > cut
        ties = np.flatnonzero(firings.values == cut)
        kept[ties[: wanted - np.count_nonzero(kept)]] = True
        counts = np.concatenate([[0], np.cumsum(kept)])[firings.offsets]
        return Firings(counts, firings.components[kept], firings.values[kept])

    def _first_guess(self, x: np.ndarray) -> float:
        """A threshold that half as many again as are wanted reach, in a few items."""
        few = x[:: max(1, len(x) // 64)]
        values = self._above.select(few).values
        wanted = min(values.size, 3 * self.k * len(few) // 2)
        return float(np.partition(values, values.size - wanted)[values.size - wanted]) if wanted else 0.0


@kernel
def _keep(found, exact, count, threshold, chosen, values):  # type: ignore[no-untyped-def]
    """Store what is positive and reaches the threshold, as far as there is room; how many there are."""
    kept = 0
    for c in range(count):
        if exact[c] >= threshold and exact[c] > 0:
            if kept < chosen.shape[0]:
                chosen[kept] = found[c]
                values[kept] = exact[c]
            kept += 1
    return kept


@kernel
def _above_task(first, last, x, W, b, items, components, threshold, sums, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]  # noqa: E501
    pre, margins, exact = rows[0], rows[1], rows[2]
    multiply(items, first, last - first, components, sums)
    for i in range(first, last):
        pre_activations(sums[i - first], items.scale[i], items.length[i], components, pre, margins)
        count = collect(pre, margins, threshold, found)
        exact_values(x[i], W, b, found, count, exact)
        counts[i] = _keep(found, exact, count, threshold, chosen[i], values[i])


@over_tasks
def _above_by_bytes(threads, x, W, b, items, components, threshold, sums, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]  # noqa: E501
    counter = np.zeros(1, np.int64)
    for thread in numba.prange(threads):
        task = next_task(counter)
        while task * ITEMS_A_TASK < x.shape[0]:
            first = task * ITEMS_A_TASK
            last = min(first + ITEMS_A_TASK, x.shape[0])
            _above_task(
                first, last, x, W, b, items, components, threshold,
                sums[thread], rows[thread], found[thread], counts, chosen, values,
            )  # fmt: skip
            task = next_task(counter)


@kernel
def _above_rows_task(first, last, pre, threshold, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]
    margins, exact = rows[1], rows[2]
    margins[: pre.shape[1] // PANEL] = 0
    for i in range(first, last):
        count = collect(pre[i], margins, threshold, found)
        for c in range(count):
            exact[c] = pre[i, found[c]]
        counts[i] = _keep(found, exact, count, threshold, chosen[i], values[i])


@over_tasks
def _above_in_rows(threads, pre, threshold, rows, found, counts, chosen, values):  # type: ignore[no-untyped-def]
    counter = np.zeros(1, np.int64)
    for thread in numba.prange(threads):
        task = next_task(counter)
        while task * ITEMS_A_TASK < pre.shape[0]:
            first = task * ITEMS_A_TASK
            last = min(first + ITEMS_A_TASK, pre.shape[0])
            _above_rows_task(first, last, pre, threshold, rows[thread], found[thread], counts, chosen, values)
            task = next_task(counter)
