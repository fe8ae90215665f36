"""k-means: every item is its nearest centre, and nothing else."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32
from scipy import sparse
from sklearn.cluster import MiniBatchKMeans

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.parameters import check_integer, seed_of
from sememe.dictionaries.stream import BatchStream


@dataclass(eq=False, repr=False, kw_only=True)
class KMeans(Dictionary):
    """Atoms are cluster centres; the code is 1 for the nearest centre and 0 elsewhere.

    Mini-batch k-means (Sculley 2010, in scikit-learn) on shuffled batches, begun at items drawn at random.
    The reconstruction is the centre, so ``offset_`` is 0 and atoms have the length of the centres.

    Args:
        n_components: number of centres, at most the items.
        n_epochs: passes over the items.
        batch_size: items a step.
        sparse_output: give codes as a CSR array.
        random_state: seed of the first centres and of the shuffling.
    """

    n_components: int = 512
    n_epochs: int = 10
    batch_size: int = 4096
    sparse_output: bool = False
    random_state: Any = 0

    def _fit(self, items: Items) -> None:
        check_integer("n_components", self.n_components, 1, len(items), "the number of items")
        check_integer("n_epochs", self.n_epochs, 1)
        check_integer("batch_size", self.batch_size, 1)
        moments_of(items)  # refuses items that do not vary
        seed = seed_of(self.random_state)
        batch_size = max(self.batch_size, self.n_components)
        first = items.sample(self.n_components, np.random.default_rng([seed, 1]))
        model = MiniBatchKMeans(
            len(first), init=first, n_init=1, batch_size=batch_size, random_state=seed, reassignment_ratio=0.0
        )
        stream = BatchStream(items, batch_size, seed)
        for batch in stream.batches(0, self.n_epochs * stream.batches_per_epoch):
            model.partial_fit(batch)
        self.components_ = np.ascontiguousarray(model.cluster_centers_, dtype=np.float32)
        self.offset_ = np.zeros(items.n_neurons, dtype=np.float32)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> sparse.csr_array:
        # ||x - c||^2 less ||x||^2, which is the same for all centres.
        distances = np.square(self.components_).sum(axis=1) - 2 * (x @ self.components_.T)
        nearest = distances.argmin(axis=1)
        return sparse.csr_array(
            (np.ones(len(x), dtype=np.float32), nearest, np.arange(len(x) + 1)),
            shape=(len(x), len(self.components_)),
        )
