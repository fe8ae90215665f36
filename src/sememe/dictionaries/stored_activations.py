"""Remembered items as atoms: what memory gives, without learning any parts."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from sememe.dictionaries.fixed_atoms import FixedAtoms
from sememe.dictionaries.initialisation import data_atoms
from sememe.dictionaries.items import Items
from sememe.dictionaries.parameters import check_integer, seed_of


@dataclass(eq=False, repr=False, kw_only=True)
class StoredActivations(FixedAtoms):
    """Atoms are items drawn at random from those it is fitted on, less their mean and of unit length.

    Each atom fires for what resembles one remembered item, a whole and not a part; measures that ask for one
    class reward that. Hyperparameters: ``FixedAtoms``; needs at least ``n_components`` items.
    """

    def _atoms(
        self, items: Items, mean: Float32[np.ndarray, " neurons"]
    ) -> Float32[np.ndarray, "components neurons"]:
        check_integer("n_components", self.n_components, 1, len(items), "the number of items")
        seed = seed_of(self.random_state)
        drawn = items.sample(self.n_components, np.random.default_rng(seed)) - mean
        return data_atoms(drawn, self.n_components, seed).numpy()
