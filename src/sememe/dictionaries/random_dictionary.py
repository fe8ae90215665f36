"""Random directions: what sparsity alone gives, without anything learned."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from sememe.dictionaries.fixed_atoms import FixedAtoms
from sememe.dictionaries.initialisation import random_atoms
from sememe.dictionaries.items import Items
from sememe.dictionaries.parameters import seed_of


@dataclass(eq=False, repr=False, kw_only=True)
class RandomDictionary(FixedAtoms):
    """Atoms drawn uniformly from the unit sphere; only the mean is taken from the items.

    A measure on which its components do well measures sparsity, not meaning. Hyperparameters: ``FixedAtoms``.
    """

    def _atoms(
        self, items: Items, mean: Float32[np.ndarray, " neurons"]
    ) -> Float32[np.ndarray, "components neurons"]:
        return random_atoms(self.n_components, items.n_neurons, seed_of(self.random_state)).numpy()
