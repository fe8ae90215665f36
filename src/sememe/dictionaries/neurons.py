"""The neurons themselves behind the interface of a dictionary: what every other is compared with."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.largest import largest_by_magnitude
from sememe.dictionaries.parameters import check_integer


@dataclass(eq=False, repr=False, kw_only=True)
class Neurons(Dictionary):
    """Atoms are the axes and codes the activations; with ``k``, the k largest by magnitude.

    Args:
        k: neurons kept for an item, at most as many as there are; None: all.
        sparse_output: give codes as a CSR array.
    """

    k: int | None = None
    sparse_output: bool = False

    _minimum_items = 1

    def _fit(self, items: Items) -> None:
        if self.k is not None:
            check_integer("k", self.k, 1, items.n_neurons, "the number of neurons")
        self.components_ = np.eye(items.n_neurons, dtype=np.float32)
        self.offset_ = np.zeros(items.n_neurons, dtype=np.float32)
        for _ in items.chunks():
            pass  # reading refuses NaN and infinity

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Float32[np.ndarray, "items neurons"]:
        return x if self.k is None else largest_by_magnitude(x, self.k)
