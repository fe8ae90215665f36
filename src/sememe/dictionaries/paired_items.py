"""Items of two layers, side by side: what a transcoder is trained on."""

from typing import Any

import numpy as np
from jaxtyping import Float32, Int64
from scipy import sparse

from sememe.dictionaries.items import Items, ItemsLike
from sememe.dictionaries.real_arrays import real_matrix
from sememe.errors import DictionaryError


class PairedItems(Items):
    """Rows ``[x, y]`` of an earlier and a later layer, ``(n_items, d_in + d_out)``."""

    def __init__(self, x: Items, y: Items) -> None:
        self.x, self.y = x, y
        self.n_items = x.n_items
        self.n_neurons = x.n_neurons + y.n_neurons
        self.in_memory = x.in_memory and y.in_memory

    @property
    def block(self) -> int:
        return self.y.block if self.x.in_memory else self.x.block

    def read(self, start: int, stop: int) -> Float32[np.ndarray, "some neurons"]:
        return np.concatenate([self.x.read(start, stop), self.y.read(start, stop)], axis=1)

    def take(self, rows: Int64[np.ndarray, " some"]) -> Float32[np.ndarray, "some neurons"]:
        return np.concatenate([self.x.take(rows), self.y.take(rows)], axis=1)


def validated_target(estimator: Any, y: ItemsLike, n_items: int) -> Items:
    """The later layer's activations, ``(items, neurons_out)``, for as many items.

    Raises:
        DictionaryError: none were given, not two-dimensional, not numbers, or another number of items.
    """
    name = type(estimator).__name__
    if y is None:
        raise DictionaryError(
            f"{name} requires y to be passed, but the target y is None: give the later layer's activations."
        )
    rows = real_matrix(y, f"{name} needs the later layer's activations as y, (items, neurons)")
    if sparse.issparse(rows) or rows.shape[0] != n_items or rows.shape[1] < 1:
        raise DictionaryError(
            f"{name} needs the later layer's activations of the same {n_items} items, (items, neurons), but "
            f"y is {rows.dtype} {rows.shape} ({type(y).__name__})."
        )
    return Items(rows)
