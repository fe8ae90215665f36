"""Which components of a large dictionary are pieces of which component of a smaller one.

Dictionaries of one layer, the larger the finer: where a small one has a component for fours, a larger one may
have one for open fours and one for closed (Bricken et al. 2023, "Towards Monosemanticity", feature
splitting). Two components are compared **on the items on which the finer one fires**: what the coarser one
says elsewhere, where its other pieces fire, must not count against it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

from sememe.errors import MeasureError

COSINE = 0.7
"""A piece and its whole have a masked cosine of at least this."""
COACTIVATION = 0.5
"""The whole fires on at least this share of the piece's firings."""
LEAST = 10
"""Firings below which a component says too little of what it resembles: on one item all agree."""
LIFT = 2.0
"""And at least so many times as often there as elsewhere: what fires on everything has no pieces."""


@dataclass(frozen=True, eq=False)
class Links:
    """For each component of the finer dictionary, the component of the coarser one that it resembles most."""

    parent: Int[np.ndarray, " children"]
    """Among those that fire at least ``LIFT`` times as often where the child does as in all; -1: none."""
    masked_cosine: Float[np.ndarray, " children"]
    """Cosine of child's and parent's codes on the items on which the child fires; 0 without a parent."""
    coactivation: Float[np.ndarray, " children"]
    """Share of the child's firings on which the parent fires."""
    known: Bool[np.ndarray, " children"]
    """Which children fire often enough to be judged; the others have no parent."""

    @property
    def linked(self) -> Bool[np.ndarray, " children"]:
        """Which children are pieces of their parent."""
        alike = (self.masked_cosine >= COSINE) & (self.coactivation >= COACTIVATION)
        return (self.parent >= 0) & alike


def links(coarse: sparse.csr_array, fine: sparse.csr_array) -> Links:
    """Link the components of two dictionaries by their codes of the same items, all >= 0.

    ``cos(p, c) = sum_i a_ip b_ic / (sqrt(sum_{i: b_ic > 0} a_ip^2) sqrt(sum_i b_ic^2))``

    Raises:
        MeasureError: codes of different items, or below 0.
    """
    if coarse.shape[0] != fine.shape[0]:
        raise MeasureError(
            f"The coarse codes are of {coarse.shape[0]:,} items and the fine ones of {fine.shape[0]:,}: "
            "give codes of the same items."
        )
    if min(coarse.min(), fine.min()) < 0:
        raise MeasureError("Splitting is defined on codes that are 0 or more; some of these are negative.")
    a, b = coarse.astype(np.float64), fine.astype(np.float64)
    fires, parent_fires = _ones(b), _ones(a)
    together = np.asarray((a.T @ b).todense())
    parent_power = np.asarray((a.multiply(a).T @ fires).todense())
    child_power = np.asarray(b.multiply(b).sum(axis=0)).reshape(-1)
    firings = np.asarray(fires.sum(axis=0)).reshape(-1)
    density = np.asarray(parent_fires.mean(axis=0)).reshape(-1, 1)
    shared = np.asarray((parent_fires.T @ fires).todense()) / np.maximum(firings, 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = np.nan_to_num(together / np.sqrt(parent_power * child_power))
    cosine[shared < LIFT * density] = 0.0
    parent, children = cosine.argmax(axis=0), np.arange(fine.shape[1])
    best = cosine[parent, children]
    known = firings >= LEAST
    found = (best > 0) & known
    return Links(
        parent=np.where(found, parent, -1).astype(np.int64),
        masked_cosine=np.where(found, best, 0.0),
        coactivation=np.where(found, shared[parent, children], 0.0),
        known=known,
    )


def children_of(links: Links, n_parents: int) -> Int[np.ndarray, " parents"]:
    """How many pieces each component of the coarser dictionary has."""
    return np.bincount(links.parent[links.linked], minlength=n_parents).astype(np.int64)


def _ones(codes: sparse.csr_array) -> sparse.csr_array:
    ones = codes.copy()
    ones.data = (codes.data != 0).astype(np.float64)
    return ones
