"""Independent components behind the interface of a dictionary."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from jaxtyping import Float32
from sklearn.decomposition import FastICA as ScikitLearnFastICA
from torch import Tensor

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.largest import largest_coordinates
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.parameters import check_integer, check_number, seed_of


@dataclass(eq=False, repr=False, kw_only=True)
class FastICA(Dictionary):
    """Directions along which the items' projections are as independent as possible; codes are signed.

    The atoms are the columns of the *mixing* matrix (what a component adds to an item), at unit length; the
    unmixing matrix, which gives the codes, is the encoder (Hyvarinen & Oja 2000, in scikit-learn). Items are
    whitened to ``n_components`` principal components first.

    Args:
        n_components: at most the neurons and, less 1, the items; None: that many.
        k: components kept for an item, the largest by magnitude; None: all.
        max_iter: iterations at most; scikit-learn warns where they did not suffice.
        tolerance: change of the unmixing matrix below which it has converged.
        max_items: it is fitted on at most so many items, drawn at random.
        sparse_output: give codes as a CSR array.
        random_state: seed of the start and of the draw.

    Attributes:
        unmixing_: encoder, float32 ``(n_components, n_features_in_)``.
        n_iter_: iterations taken.
    """

    n_components: int | None = None
    k: int | None = None
    max_iter: int = 1000
    tolerance: float = 1e-3
    max_items: int = 50_000
    sparse_output: bool = False
    random_state: Any = 0

    _stored_arrays = MappingProxyType({"unmixing_": ("d_sae", "d_in")})

    def _fit(self, items: Items) -> None:
        most = min(len(items), items.n_neurons)
        n_components = most if self.n_components is None else self.n_components
        check_integer("n_components", n_components, 1, most, "the number of neurons and of items")
        if self.k is not None:
            check_integer("k", self.k, 1, n_components, "n_components")
        check_integer("max_iter", self.max_iter, 1)
        check_number("tolerance", self.tolerance, 0, above=True)
        check_integer("max_items", self.max_items, 2)
        moments_of(items)  # refuses items that do not vary
        seed = seed_of(self.random_state)
        sample = items.sample(self.max_items, np.random.default_rng([seed, 1])).astype(np.float64)
        model = ScikitLearnFastICA(
            n_components,
            whiten="unit-variance",
            max_iter=self.max_iter,
            tol=self.tolerance,
            random_state=seed,
        ).fit(sample)
        lengths = np.linalg.norm(model.mixing_, axis=0)
        self.components_ = np.ascontiguousarray((model.mixing_ / lengths).T, dtype=np.float32)
        self.unmixing_ = np.ascontiguousarray(model.components_ * lengths[:, None], dtype=np.float32)
        self.offset_ = model.mean_.astype(np.float32)
        self.n_iter_ = int(model.n_iter_)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Float32[np.ndarray, "items components"]:
        return largest_coordinates(x - self.offset_, self.unmixing_, self.k)

    def _stored_facts(self) -> dict[str, Any]:
        return {"n_iter": self.n_iter_}

    def _restore(self, tensors: Mapping[str, Tensor], facts: Any) -> None:
        super()._restore(tensors, facts)
        self.n_iter_ = int(facts["n_iter"])
