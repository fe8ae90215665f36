"""Sparse coding: atoms learned so that few of them, found item by item, reconstruct."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from scipy import sparse
from sklearn.decomposition import MiniBatchDictionaryLearning
from sklearn.exceptions import ConvergenceWarning

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.fixed_atoms import csr_of_k
from sememe.dictionaries.initialisation import data_atoms
from sememe.dictionaries.items import Items
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.parameters import check_integer, check_number, seed_of
from sememe.dictionaries.pursuit import orthogonal_matching_pursuit
from sememe.dictionaries.stream import BatchStream


@dataclass(eq=False, repr=False, kw_only=True)
class SparseCoding(Dictionary):
    """Dictionary learning without an encoder: codes are the answer to an optimisation for each item.

    Atoms by mini-batch dictionary learning with a non-negative lasso (Mairal et al. 2009, in scikit-learn) on
    items less their mean and scaled to unit variance, begun at directions of items; codes by orthogonal
    matching pursuit with at most k atoms.

    Args:
        n_components: number of atoms.
        k: components that may fire for an item, at most ``n_components``.
        alpha: weight of the lasso's penalty while atoms are learned.
        n_epochs: passes over the items.
        batch_size: items a step.
        sparse_output: give codes as a CSR array.
        random_state: seed of the start and of the shuffling.
    """

    n_components: int = 512
    k: int = 8
    alpha: float = 1.0
    n_epochs: int = 1
    batch_size: int = 256
    sparse_output: bool = False
    random_state: Any = 0

    def _fit(self, items: Items) -> None:
        check_integer("n_components", self.n_components, 1)
        check_integer("k", self.k, 1, self.n_components, "n_components")
        check_number("alpha", self.alpha, 0, above=True)
        check_integer("n_epochs", self.n_epochs, 1)
        check_integer("batch_size", self.batch_size, 1)
        found = moments_of(items)
        seed = seed_of(self.random_state)
        mean = found.mean.astype(np.float32)
        drawn = items.sample(self.n_components, np.random.default_rng([seed, 1])) - mean
        model = MiniBatchDictionaryLearning(
            self.n_components,
            alpha=self.alpha,
            fit_algorithm="cd",
            positive_code=True,
            dict_init=data_atoms(drawn, self.n_components, seed).double().numpy(),
            batch_size=self.batch_size,
            random_state=seed,
        )
        stream = BatchStream(items, self.batch_size, seed)
        with warnings.catch_warnings():
            # Codes of single batches need not be exact for the atoms to be learned; final codes are pursued.
            warnings.simplefilter("ignore", ConvergenceWarning)
            for batch in stream.batches(0, self.n_epochs * stream.batches_per_epoch):
                model.partial_fit((batch.astype(np.float64) - found.mean) / found.scale)
        lengths = np.maximum(np.linalg.norm(model.components_, axis=1, keepdims=True), 1e-12)
        self.components_ = np.ascontiguousarray(model.components_ / lengths, dtype=np.float32)
        self.offset_ = mean

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> sparse.csr_array:
        atoms = torch.from_numpy(self.components_)
        components, values = orthogonal_matching_pursuit(torch.from_numpy(x - self.offset_), atoms, self.k)
        return csr_of_k(values.numpy(), components.numpy(), len(self.components_))
