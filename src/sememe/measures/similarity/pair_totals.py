"""The sums behind the monosemanticity score: all pairs of items, in time linear in the items.

For codes ``a`` and embeddings ``e`` of unit length, the sum over all pairs is
``sum_{i != j} a_i a_j cos(e_i, e_j) = ||sum_i a_i e_i||^2 - sum_i a_i^2 ||e_i||^2``, and without the cosine
``(sum_i a_i)^2 - sum_i a_i^2``. The score takes codes from their least value; that shift is applied to the
sums afterwards, so one pass is enough.

In a replicate of the bootstrap a group of images can be drawn twice. Pairs between an item and its own copy,
and between copies of one group at all, do not exist in the data and must not count: their cosine of 1 would
lift every replicate. With ``V_g`` the sum of ``a e`` over group ``g`` and ``w_g`` its count, a replicate
therefore has

``||sum_g w_g V_g||^2 - sum_g w_g^2 ||V_g||^2 + sum_g w_g (||V_g||^2 - Q_g)``:

pairs between different groups count ``w_g w_h`` times, pairs within a group ``w_g`` times.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked, count_units, extent, squared, sums_by_key
from sememe.measures.totals import Weights, check_width, group_of, weighted


@dataclass(frozen=True, eq=False)
class PairTotals:
    """Sums over ordered pairs of different items; ``...`` is empty or the axis of replicates."""

    similarity: Float[np.ndarray, "... units"]
    """Sum of ``a_i a_j cos(e_i, e_j)``, the codes counted from their least value."""
    weight: Float[np.ndarray, "... units"]
    """Sum of ``a_i a_j``. NaN for a unit whose code is the same for all items, which has no scale."""


class PairSums:
    """Accumulates :class:`PairTotals`, group by group, from codes and embeddings of unit length."""

    def __init__(self, n_units: int, n_dimensions: int, n_groups: int = 1) -> None:
        self.n_units, self.n_groups = n_units, n_groups
        self._vector = np.zeros((n_groups, n_units, n_dimensions))
        self._mass = np.zeros((n_groups, n_units))
        self._squares = np.zeros((n_groups, n_units))
        # The same two sums over items that have an embedding: a zero row has no cosine to take off the
        # diagonal.
        self._embedded_mass = np.zeros((n_groups, n_units))
        self._embedded_squares = np.zeros((n_groups, n_units))
        self._embedding = np.zeros((n_groups, n_dimensions))
        self._items = np.zeros(n_groups)
        self._embedded_items = np.zeros(n_groups)
        self._low = np.full(n_units, np.inf)
        self._high = np.full(n_units, -np.inf)

    def update(
        self,
        codes: Codes,
        embeddings: Float[np.ndarray, "items embedding"],
        group: Int[np.ndarray, " items"] | None = None,
    ) -> None:
        """Add a batch: codes of any sign, and a row of :func:`embeddings.unit_length` for each item."""
        check_width(codes, self.n_units)
        n_items, n_groups = codes.shape[0], self.n_groups
        if embeddings.shape[0] != n_items:
            raise MeasureError(
                f"There are {n_items:,} items but {embeddings.shape[0]:,} embeddings: give one an item."
            )
        codes = checked(codes)
        codes = codes.astype(np.float64)
        group = group_of(group, n_items, n_groups)
        order = np.argsort(group, kind="stable")
        bounds = np.searchsorted(group[order], np.arange(n_groups + 1))
        for g in np.unique(group):
            rows = order[bounds[g] : bounds[g + 1]] if n_groups > 1 else slice(None)
            self._vector[g] += codes[rows].T @ embeddings[rows]
            self._embedding[g] += embeddings[rows].sum(axis=0)
        squares = squared(codes)
        mass, power = (sums_by_key(group, n_groups, values) for values in (codes, squares))
        items = np.bincount(group, minlength=n_groups)
        self._mass += mass
        self._squares += power
        self._items += items
        embedded = np.flatnonzero((embeddings != 0).any(axis=1))
        if embedded.size < n_items:
            taken = group[embedded]
            mass, power = (sums_by_key(taken, n_groups, values[embedded]) for values in (codes, squares))
            items = np.bincount(taken, minlength=n_groups)
        self._embedded_mass += mass
        self._embedded_squares += power
        self._embedded_items += items
        low, high = extent(codes)
        np.minimum(self._low, low, out=self._low)
        np.maximum(self._high, high, out=self._high)

    def totals(self, weights: Weights = None) -> PairTotals:
        """The sums over pairs with each group counted once, or as often as each replicate's weights say."""
        low = self._low
        vector = self._vector - low[:, None] * self._embedding[:, None, :]
        mass = self._mass - low * self._items[:, None]
        squares = self._squares - 2 * low * self._mass + low**2 * self._items[:, None]
        embedded_squares = (
            self._embedded_squares - 2 * low * self._embedded_mass + low**2 * self._embedded_items[:, None]
        )
        length = np.einsum("gud,gud->gu", vector, vector)
        weight = weighted(mass, weights) ** 2 - _diagonal(mass**2, squares, weights)
        similarity = _squared_length(vector, weights) - _diagonal(length, embedded_squares, weights)
        # One firing makes no pair; what is left of the subtraction then is a rounding error.
        total = weighted(mass, weights) ** 2
        undefined = (self._high == self._low) | (weight <= 1e-12 * total)
        return PairTotals(similarity=similarity, weight=np.where(undefined, np.nan, weight))


def _diagonal(
    within: Float[np.ndarray, "groups units"], same: Float[np.ndarray, "groups units"], weights: Weights
) -> Float[np.ndarray, "... units"]:
    """What to take off the square of the sum: copies of a group against each other, and the diagonal."""
    if weights is None:
        return weighted(same, None)
    return weighted(within, weights**2 - weights) + weighted(same, weights)


def _squared_length(
    vector: Float[np.ndarray, "groups units embedding"], weights: Weights
) -> Float[np.ndarray, "..."]:
    """``||sum_g w_g V_g||^2``, through the groups' Gram matrix where the embedding is longer."""
    if weights is None:
        whole = vector.sum(axis=0)
        return np.einsum("ud,ud->u", whole, whole)
    n_groups, n_units, n_dimensions = vector.shape
    result = np.empty((weights.shape[0], n_units))
    if n_dimensions > n_groups:
        for u in range(n_units):
            gram = vector[:, u] @ vector[:, u].T
            result[:, u] = np.einsum("rg,rg->r", weights @ gram, weights)
        return result
    # A few units at a time, so that the replicates of all of them never lie in memory together.
    step = max(1, 1_000_000 // (weights.shape[0] * n_dimensions))
    for start in range(0, n_units, step):
        whole = weights @ vector[:, start : start + step].reshape(n_groups, -1)
        whole = whole.reshape(weights.shape[0], -1, n_dimensions)
        result[:, start : start + step] = np.einsum("rud,rud->ru", whole, whole)
    return result


def pair_totals(codes: Codes, embeddings: Float[np.ndarray, "items embedding"]) -> PairTotals:
    """The totals of arrays that are in memory."""
    sums = PairSums(count_units(codes), embeddings.shape[1])
    sums.update(codes, embeddings)
    return sums.totals()


def mean_cosine(embeddings: Float[np.ndarray, "items embedding"]) -> float:
    """Mean cosine of two different items: the score of a unit whose firings are dealt at random."""
    n = embeddings.shape[0]
    whole = embeddings.sum(axis=0)
    return float((whole @ whole - (embeddings**2).sum()) / (n * (n - 1))) if n > 1 else float("nan")
