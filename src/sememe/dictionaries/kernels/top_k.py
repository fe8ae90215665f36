"""The k largest codes of every item."""

import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels.firings import Firings, Slots, compact, empty_slots
from sememe.dictionaries.kernels.scan import Scan


class TopKSelector:
    """Selects an encoder's k largest codes of every item; keeps the memory that every call needs.

    Args:
        n_components, d_in: shape of the encoder.
        k: how many components are kept, at most ``n_components``.
        dtype: of the parameters.
    """

    def __init__(self, n_components: int, d_in: int, k: int, dtype: np.dtype) -> None:
        self.k = k
        self.shape = (n_components, d_in)
        self._scan = Scan(n_components, d_in, k, dtype)
        self._slots: Slots | None = None

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._scan.prepare(W_enc, b_enc)
        self.finite = self._scan.finite

    def select(self, x: Float[np.ndarray, "items neurons"]) -> Firings:
        """The positive ones among each item's k largest ``x W_encᵀ + b_enc``; theirs until the next call."""
        self._slots = empty_slots(len(x), self.k, x.dtype, self._slots)
        self._scan.fill(x, 0.0, self._slots)
        return compact(self._slots)
