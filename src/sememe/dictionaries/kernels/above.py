"""All codes above a threshold, and the k largest of a whole batch."""

# mypy: allow-untyped-defs, no-check-untyped-defs

import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks
from sememe.dictionaries.kernels.firings import Firings, Slots, compact, empty_slots
from sememe.dictionaries.kernels.product import ChunkedProduct
from sememe.dictionaries.kernels.screen import (
    ITEMS_A_TASK,
    Encoder,
    Screen,
    empty_room,
    exact_values,
    multiply,
    pre_activations,
)
from sememe.dictionaries.kernels.selection import collect

# Room for an item's codes to begin with; doubled when an item has more.
_FIRST_CAPACITY = 64


class AboveSelector:
    """Selects an encoder's positive codes that reach a threshold; keeps the memory that every call needs."""

    def __init__(self, n_components: int, d_in: int, dtype: np.dtype) -> None:
        self._capacity = min(n_components, _FIRST_CAPACITY)
        self._room = empty_room(n_components, dtype)
        self._screen: Screen | None = None
        if dtype == np.float32 and integer_product.is_supported():
            self._screen = Screen(n_components, d_in)
        else:
            self._product = ChunkedProduct(n_components, dtype)

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._encoder = Encoder(W_enc, b_enc)
        if self._screen is not None:
            self._screen.read_encoder(self._encoder)

    def select(self, x: Float[np.ndarray, "items neurons"], threshold: float = 0.0) -> Firings:
        """All of ``x W_encᵀ + b_enc`` that are positive and reach ``threshold``."""
        if self._screen is not None:
            self._screen.read_items(x)
        while True:
            slots = empty_slots(len(x), self._capacity, x.dtype)
            self._fill(x, x.dtype.type(threshold), slots)
            most = int(slots.counts.max(initial=0))
            if most <= self._capacity:
                return compact(slots)
            self._capacity = min(len(self._encoder.W), 2 * most)

    def _fill(self, x: np.ndarray, threshold: np.floating, slots: Slots) -> None:
        screen = self._screen
        if screen is not None:
            _above_by_bytes(
                x, self._encoder, screen.items, screen.components, threshold,
                screen.sums, self._room, slots,
            )  # fmt: skip
        else:
            for part, pre in self._product.chunks(x, *self._encoder):
                some = Slots(*(array[part] for array in slots))
                _above_in_rows(pre, threshold, self._room, some)


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
def _keep(i, found, exact, count, threshold, slots):
    """Store what is positive and reaches the threshold, as far as there is room; how many there are."""
    kept = 0
    for c in range(count):
        if exact[c] >= threshold and exact[c] > 0:
            if kept < slots.components.shape[1]:
                slots.components[i, kept] = found[c]
                slots.values[i, kept] = exact[c]
            kept += 1
    return kept


@kernel
def _above_task(first, last, x, encoder, items, components, threshold, sums, room, thread, slots):
    pre, margins = room.pre[thread], room.margins[thread]
    exact, found = room.exact[thread], room.found[thread]
    multiply(items, first, last - first, components, sums)
    for i in range(first, last):
        pre_activations(sums[i - first], items.scale[i], items.length[i], components, pre, margins)
        count = collect(pre, margins, threshold, found)
        exact_values(x[i], encoder, found, count, exact)
        slots.counts[i] = _keep(i, found, exact, count, threshold, slots)


@over_tasks
def _above_by_bytes(counter, thread, x, encoder, items, components, threshold, sums, room, slots):
    task = next_task(counter)
    while task * ITEMS_A_TASK < x.shape[0]:
        first, last = task * ITEMS_A_TASK, min((task + 1) * ITEMS_A_TASK, x.shape[0])
        _above_task(first, last, x, encoder, items, components, threshold, sums[thread], room, thread, slots)
        task = next_task(counter)


@kernel
def _above_rows_task(first, last, pre, threshold, room, thread, slots):
    exact, found = room.exact[thread], room.found[thread]
    for i in range(first, last):
        count = collect(pre[i], room.margins[thread], threshold, found)
        for c in range(count):
            exact[c] = pre[i, found[c]]
        slots.counts[i] = _keep(i, found, exact, count, threshold, slots)


@over_tasks
def _above_in_rows(counter, thread, pre, threshold, room, slots):
    task = next_task(counter)
    while task * ITEMS_A_TASK < pre.shape[0]:
        first, last = task * ITEMS_A_TASK, min((task + 1) * ITEMS_A_TASK, pre.shape[0])
        _above_rows_task(first, last, pre, threshold, room, thread, slots)
        task = next_task(counter)
