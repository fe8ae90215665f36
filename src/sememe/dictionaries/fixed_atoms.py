"""Dictionaries whose atoms are given rather than learned: controls for what learning adds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from scipy import sparse

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.moments import moments_of
from sememe.dictionaries.parameters import check_choice, check_integer
from sememe.dictionaries.pursuit import largest_projections, least_squares, orthogonal_matching_pursuit


@dataclass(eq=False, repr=False, kw_only=True)
class FixedAtoms(Dictionary):
    """Base of dictionaries of unit-length atoms that are not fitted to be decoded; k of them code an item.

    Args:
        n_components: number of atoms.
        k: components that may fire for an item, at most ``n_components``.
        codes: how they are chosen and weighted, for items less their mean. "pursuit": one after the other
            by what is still missing, refitted by least squares (orthogonal matching pursuit);
            "least_squares": the k largest projections, refitted by least squares; "projection": the k largest
            projections as they are, which overshoots where atoms are similar.
        sparse_output: give codes as a CSR array.
        random_state: seed of the atoms.
    """

    n_components: int = 512
    k: int = 8
    codes: str = "pursuit"
    sparse_output: bool = False
    random_state: Any = 0

    def _fit(self, items: Items) -> None:
        check_integer("n_components", self.n_components, 1)
        check_integer("k", self.k, 1, self.n_components, "n_components")
        check_choice("codes", self.codes, ("pursuit", "least_squares", "projection"))
        mean = moments_of(items).mean.astype(np.float32)
        self.components_ = self._atoms(items, mean)
        self.offset_ = mean

    def _atoms(
        self, items: Items, mean: Float32[np.ndarray, " neurons"]
    ) -> Float32[np.ndarray, "components neurons"]:
        """The atoms, of unit length."""
        raise NotImplementedError

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> sparse.csr_array:
        centred = torch.from_numpy(x - self.offset_)
        atoms = torch.from_numpy(self.components_)
        if self.codes == "pursuit":
            components, values = orthogonal_matching_pursuit(centred, atoms, self.k)
        else:
            components, values = largest_projections(centred, atoms, self.k)
            if self.codes == "least_squares":
                values = least_squares(centred, atoms, components)
        return csr_of_k(values.numpy(), components.numpy(), len(self.components_))


def csr_of_k(values: np.ndarray, components: np.ndarray, n_components: int) -> sparse.csr_array:
    """CSR codes, sorted and without stored zeros, from k values and their components an item."""
    items, k = values.shape
    codes = sparse.csr_array(
        (values.ravel(), components.ravel(), np.arange(0, items * k + 1, k)), shape=(items, n_components)
    )
    codes.eliminate_zeros()
    codes.sort_indices()
    return codes
