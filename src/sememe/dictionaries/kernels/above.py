"""All codes above a threshold, and the k largest of a whole batch."""

import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels.firings import Firings, Slots, compact, empty_slots
from sememe.dictionaries.kernels.scan import Scan

# Room for an item's codes to begin with; doubled when an item has more.
_FIRST_CAPACITY = 64


class AboveSelector:
    """Selects an encoder's positive codes that reach a threshold; keeps the memory that every call needs."""

    def __init__(self, n_components: int, d_in: int, dtype: np.dtype) -> None:
        self._n_components = n_components
        self._capacity = min(n_components, _FIRST_CAPACITY)
        self._scan = Scan(n_components, d_in, 0, dtype)
        self._slots: Slots | None = None

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._scan.prepare(W_enc, b_enc)
        self.finite = self._scan.finite

    def select(self, x: Float[np.ndarray, "items neurons"], threshold: float = 0.0) -> Firings:
        """All of ``x W_encᵀ + b_enc`` that are positive and reach ``threshold``."""
        while True:
            self._slots = empty_slots(len(x), self._capacity, x.dtype, self._slots)
            self._scan.fill(x, threshold, self._slots)
            most = int(self._slots.counts.max(initial=0))
            if most <= self._capacity:
                return compact(self._slots)
            self._capacity = min(self._n_components, 2 * most)


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
        self.finite = self._above.finite

    def select(self, x: Float[np.ndarray, "items neurons"]) -> Firings:
        """The positive ones among the batch's ``k * items`` largest ``x W_encᵀ + b_enc``.

        Of equal values at the end of the list the first items' are kept.
        """
        wanted = self.k * len(x)
        guess = self._first_guess(x) if self._threshold is None else 0.9 * self._threshold
        firings = self._above.select(x, guess)
        while firings.values.size < wanted and guess > 0:
            guess = guess / 2 if 1e-6 < guess < np.inf else 0.0
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
