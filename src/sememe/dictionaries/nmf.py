"""Non-negative matrix factorisation: parts that only add up."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32
from sklearn.decomposition import MiniBatchNMF
from sklearn.utils import Tags

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.non_negative import non_negative_codes
from sememe.dictionaries.parameters import check_integer, seed_of
from sememe.dictionaries.stream import BatchStream
from sememe.errors import DictionaryError

_TINY = 1e-12


@dataclass(eq=False, repr=False, kw_only=True)
class NMF(Dictionary):
    """Non-negative codes of non-negative atoms of unit length, for non-negative activations.

    Mini-batch NMF of scikit-learn (Lefevre et al. 2011) on shuffled batches; items are encoded by
    non-negative least squares. ``offset_`` is 0.

    Args:
        n_components: number of atoms.
        n_epochs: passes over the items.
        batch_size: items a step.
        sparse_output: give codes as a CSR array.
        random_state: seed of the start and of the shuffling.
    """

    n_components: int = 32
    n_epochs: int = 10
    batch_size: int = 1024
    sparse_output: bool = False
    random_state: Any = 0

    def _fit(self, items: Items) -> None:
        check_integer("n_components", self.n_components, 1)
        check_integer("n_epochs", self.n_epochs, 1)
        check_integer("batch_size", self.batch_size, 1)
        moments_of(items)  # refuses items that do not vary
        for chunk in items.chunks():
            _refuse_negative(chunk)
        seed = seed_of(self.random_state)
        model = MiniBatchNMF(
            self.n_components, init="random", batch_size=self.batch_size, random_state=seed, max_iter=1
        )
        stream = BatchStream(items, self.batch_size, seed)
        for batch in stream.batches(0, self.n_epochs * stream.batches_per_epoch):
            model.partial_fit(batch)
        lengths = np.maximum(np.linalg.norm(model.components_, axis=1, keepdims=True), _TINY)
        self.components_ = np.ascontiguousarray(model.components_ / lengths, dtype=np.float32)
        self.offset_ = np.zeros(items.n_neurons, dtype=np.float32)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Float32[np.ndarray, "items components"]:
        _refuse_negative(x)
        return non_negative_codes(x, self.components_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags


def _refuse_negative(x: Float32[np.ndarray, "items neurons"]) -> None:
    n_negative = int((x < 0).sum())
    if n_negative:
        raise DictionaryError(
            f"Negative values in data passed to NMF: {n_negative} of {x.size} activations, the least "
            f"{x.min():.4g}; take a layer after its ReLU, or SemiNMF."
        )
