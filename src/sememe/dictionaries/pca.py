"""Principal components behind the interface of a dictionary."""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jaxtyping import Float32, Float64

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.largest import largest_coordinates
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.parameters import check_integer


@dataclass(eq=False, repr=False, kw_only=True)
class PCA(Dictionary):
    """Orthogonal directions of greatest variance; codes are signed.

    The same components as ``sklearn.decomposition.PCA``, from the covariance matrix, which is summed in
    float64 over the items as they are read: a store of any size is fitted exactly, in two passes.

    Args:
        n_components: number of components, at most the neurons and the items; None: that many.
        k: components kept for an item, the largest by magnitude; None: all.
        sparse_output: give codes as a CSR array.

    Attributes:
        explained_variance_: variance along each component, float64, largest first.
    """

    n_components: int | None = None
    k: int | None = None
    sparse_output: bool = False

    _stored_arrays = MappingProxyType({"explained_variance_": ("d_sae",)})

    def _fit(self, items: Items) -> None:
        most = min(len(items), items.n_neurons)
        n_components = most if self.n_components is None else self.n_components
        check_integer("n_components", n_components, 1, most, "the number of neurons and of items")
        if self.k is not None:
            check_integer("k", self.k, 1, n_components, "n_components")
        mean = moments_of(items).mean
        variances, directions = np.linalg.eigh(_covariance(items, mean))
        # eigh gives the smallest first; signs are fixed so that the largest entry of each is positive.
        components = directions[:, ::-1][:, :n_components].T
        peaks = np.abs(components).argmax(axis=1)
        components = components * np.sign(components[np.arange(n_components), peaks])[:, None]
        self.explained_variance_ = np.maximum(variances[::-1][:n_components], 0)
        self.components_ = np.ascontiguousarray(components, dtype=np.float32)
        self.offset_ = mean.astype(np.float32)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Float32[np.ndarray, "items components"]:
        return largest_coordinates(x - self.offset_, self.components_, self.k)


def _covariance(
    items: Items, mean: Float64[np.ndarray, " neurons"]
) -> Float64[np.ndarray, "neurons neurons"]:
    total = np.zeros((items.n_neurons, items.n_neurons))
    for chunk in items.chunks():
        centred = chunk - mean
        total += centred.T @ centred
    return total / max(1, len(items) - 1)
