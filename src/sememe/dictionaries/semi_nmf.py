"""Semi-NMF: non-negative codes of atoms that may have any sign."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64
from sklearn.cluster import MiniBatchKMeans

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.non_negative import non_negative_codes
from sememe.dictionaries.parameters import check_integer, seed_of

# Keeps the multiplicative update from dividing by zero.
_TINY = 1e-12


@dataclass(eq=False, repr=False, kw_only=True)
class SemiNMF(Dictionary):
    """``x - mean`` as a non-negative combination of atoms of unit length, by alternating updates.

    Codes follow the multiplicative rule and atoms least squares, by turns, begun at k-means (Ding et al.
    2010, "Convex and semi-nonnegative matrix factorizations", eq. 10 and 11). For activations with negative
    values, where NMF is not defined.

    Args:
        n_components: number of atoms, at most the items.
        n_iter: rounds of both updates.
        max_items: it is fitted on at most so many items, drawn at random.
        sparse_output: give codes as a CSR array.
        random_state: seed of the start and of the draw.
    """

    n_components: int = 32
    n_iter: int = 100
    max_items: int = 20_000
    sparse_output: bool = False
    random_state: Any = 0

    def _fit(self, items: Items) -> None:
        check_integer("n_components", self.n_components, 1, len(items), "the number of items")
        check_integer("n_iter", self.n_iter, 1)
        check_integer("max_items", self.max_items, 2)
        found = moments_of(items)
        seed = seed_of(self.random_state)
        sample = items.sample(max(self.max_items, self.n_components), np.random.default_rng([seed, 1]))
        centred = sample.astype(np.float64) - found.mean
        clusters = MiniBatchKMeans(self.n_components, n_init=1, random_state=seed).fit(centred)
        codes = np.eye(self.n_components)[clusters.labels_] + 0.2
        for _ in range(self.n_iter):
            gram = codes.T @ codes + _TINY * np.eye(self.n_components)
            atoms = np.linalg.lstsq(gram, codes.T @ centred, rcond=None)[0]
            codes = _updated(codes, centred @ atoms.T, atoms @ atoms.T)
        lengths = np.maximum(np.linalg.norm(atoms, axis=1, keepdims=True), _TINY)
        self.components_ = (atoms / lengths).astype(np.float32)
        self.offset_ = found.mean.astype(np.float32)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Float32[np.ndarray, "items components"]:
        return non_negative_codes(x - self.offset_, self.components_)


def _updated(
    codes: Float64[np.ndarray, "items components"],
    projections: Float64[np.ndarray, "items components"],
    gram: Float64[np.ndarray, "components components"],
) -> Float64[np.ndarray, "items components"]:
    more = np.maximum(projections, 0) + codes @ np.maximum(-gram, 0)
    less = np.maximum(-projections, 0) + codes @ np.maximum(gram, 0)
    return np.asarray(codes * np.sqrt((more + _TINY) / (less + _TINY)))
