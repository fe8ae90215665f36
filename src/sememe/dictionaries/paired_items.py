"""Items of two layers, side by side: what a transcoder is trained on."""

from typing import Any

import numpy as np
import torch
import zarr
from jaxtyping import Float32, Int64
from sklearn.utils.validation import check_array

from sememe.dictionaries.items import Items, ItemsLike
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
    if isinstance(y, torch.Tensor):
        y = y.detach().cpu().to(torch.float32).numpy()
    if not isinstance(y, zarr.Array):
        try:
            with np.errstate(over="ignore"):
                y = check_array(y, dtype=np.float32, ensure_all_finite=False, ensure_2d=False)
        except ValueError as error:
            raise DictionaryError(str(error)) from error
    if y.ndim != 2 or y.shape[0] != n_items or y.shape[1] < 1 or y.dtype.kind not in "fiu":
        raise DictionaryError(
            f"{name} needs the later layer's activations of the same {n_items} items, (items, neurons), but "
            f"y is {y.dtype} {y.shape}."
        )
    return Items(y)
