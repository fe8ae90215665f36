"""What vector quantisers share: codes that are assignments, and a record of how often each is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy import sparse
from torch import Tensor

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.fixed_atoms import csr_of_k
from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.items import Items
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.parameters import check_integer, seed_of
from sememe.errors import DictionaryError

# An atom that is so much longer than the items are apart will not come back.
_RUN_AWAY = 1e6


@dataclass(eq=False, repr=False, kw_only=True)
class VectorQuantiser(Dictionary):
    """Base of dictionaries whose codes are 1 for the components that an item is assigned to, else 0.

    An item has the same number of components as every other, so what is reconstructed is ``offset_`` plus
    the sum of their atoms. Trained on ``(x - mean_) / scale_``; atoms are scaled back at the end, so that
    they are in the units of the layer. They have no unit length: how far a component moves an activation is
    part of what it stands for.

    Args:
        n_epochs: passes over the items.
        batch_size: items a step; all, where there are fewer.
        sparse_output: give codes as a CSR array.
        random_state: seed of initialisation and shuffling.

    Attributes:
        mean_, scale_: centre (float64) and scale of the items in training.
        usage_: share of the training items that each component codes, float64 ``(n_components,)``; 0 for a
            dead component. Sums to the components an item has.
    """

    n_epochs: int = 10
    batch_size: int = 1024
    sparse_output: bool = False
    random_state: Any = 0

    @property
    def perplexity_(self) -> float:
        """How many components are in use, in effect: ``exp(-sum p log p)`` with ``p = usage_ / sum usage_``.

        From the components an item has, where all items have the same, to ``n_components``, where all
        components code equally many.
        """
        p = self.usage_[self.usage_ > 0] / self.usage_.sum()
        return float(np.exp(-(p * np.log(p)).sum()))

    def _fit(self, items: Items) -> None:
        check_integer("n_epochs", self.n_epochs, 1)
        check_integer("batch_size", self.batch_size, 1)
        self._check_own_hyperparameters(items)
        found = moments_of(items)
        standardisation = Standardisation(found.mean, found.scale)
        self._train(items, standardisation, seed_of(self.random_state))
        if not np.isfinite(self.components_).all() or not np.isfinite(self.offset_).all():
            raise DictionaryError(
                "The training diverged: NaN or infinity among the atoms; learn more slowly."
            )
        self.mean_: Float64[np.ndarray, " neurons"] = found.mean
        self.scale_ = found.scale
        self.usage_ = self._usage(items)

    def _check_own_hyperparameters(self, items: Items) -> None:
        """Refuse unsuitable values of the hyperparameters that only the family has."""
        raise NotImplementedError

    def _train(self, items: Items, standardisation: Standardisation, seed: int) -> None:
        """Learn on standardised items, and set ``components_`` and ``offset_`` in the layer's units."""
        raise NotImplementedError

    def _assignments(self, x: Float32[np.ndarray, "items neurons"]) -> Int64[np.ndarray, "items active"]:
        """The components of each item, all different."""
        raise NotImplementedError

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> sparse.csr_array:
        components = self._assignments(x)
        return csr_of_k(np.ones(components.shape, dtype=np.float32), components, len(self.components_))

    def _usage(self, items: Items) -> Float64[np.ndarray, " components"]:
        counts = np.zeros(len(self.components_), dtype=np.int64)
        for chunk in self._chunks(items):
            counts += np.bincount(self._assignments(chunk).ravel(), minlength=len(counts))
        return counts / len(items)

    def _stored_facts(self) -> dict[str, Any]:
        return {"mean": self.mean_.tolist(), "scale": self.scale_, "usage": self.usage_.tolist()}

    def _restore(self, tensors: Mapping[str, Tensor], facts: Any) -> None:
        super()._restore(tensors, facts)
        self.mean_ = np.array(facts["mean"], dtype=np.float64)
        self.scale_ = float(facts["scale"])
        self.usage_ = np.array(facts["usage"], dtype=np.float64)
        if self.mean_.shape != self.offset_.shape or self.usage_.shape != self.components_.shape[:1]:
            raise ValueError


def nearest(
    x: Float32[np.ndarray, "items neurons"], codewords: Float32[np.ndarray, "components neurons"]
) -> Int64[np.ndarray, " items"]:
    """The codeword with the least Euclidean distance from each item; of equals the first."""
    # ||x - c||^2 less ||x||^2, which is the same for all codewords.
    distances = np.square(codewords).sum(axis=1) - 2 * (x @ codewords.T)
    return np.asarray(distances.argmin(axis=1), dtype=np.int64)
