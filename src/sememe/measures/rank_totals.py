"""Rank correlation, as a formula on sums.

Ranks are taken once over all items, equal values sharing their mean rank; a replicate of the bootstrap is the
weighted correlation of those ranks.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Real

from sememe.measures.totals import Weights, group_of, weighted


@dataclass(frozen=True, eq=False)
class RankTotals:
    """Sums over items of two centred ranks; ``...`` is empty or the axis of replicates."""

    items: Float[np.ndarray, "... units"]
    sums: Float[np.ndarray, "2 ... units"]
    squares: Float[np.ndarray, "2 ... units"]
    product: Float[np.ndarray, "... units"]

    def correlation(self) -> Float[np.ndarray, "... units"]:
        """Pearson's, of the ranks: Spearman's. NaN where either does not vary."""
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = self._spread()
            together = self.product - self.sums[0] * self.sums[1] / self.items
            scale = np.sqrt(np.maximum(spread[0], 0.0) * np.maximum(spread[1], 0.0))
            return np.where(self.varies().all(axis=0), np.clip(together / scale, -1.0, 1.0), np.nan)

    def varies(self) -> Bool[np.ndarray, "2 ... units"]:
        """Whether each of the two differs from item to item."""
        # What is left of a constant after the subtraction is a rounding error.
        return self._spread() > 1e-9 * np.maximum(self.squares, 1.0)

    def _spread(self) -> Float[np.ndarray, "2 ... units"]:
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.squares - self.sums**2 / self.items


class RankSums:
    """:class:`RankTotals` of two arrays, column by column; ``taken`` says which items count for which unit.

    Ranks need all items at once: there is no ``update``.
    """

    def __init__(
        self,
        first: Real[np.ndarray, "items units"],
        second: Real[np.ndarray, "items units"],
        group: Int[np.ndarray, " items"] | None = None,
        n_groups: int = 1,
        taken: Bool[np.ndarray, "items units"] | None = None,
    ) -> None:
        self.n_groups = n_groups
        group = group_of(group, first.shape[0], n_groups)
        n_units = first.shape[1]
        self._sums = np.zeros((6, n_groups, n_units))
        for u in range(n_units):
            rows = np.arange(first.shape[0]) if taken is None else np.flatnonzero(taken[:, u])
            x, y = (_centred_ranks(values[rows, u]) for values in (first, second))
            for row, column in enumerate((np.ones(rows.size), x, y, x * x, y * y, x * y)):
                self._sums[row, :, u] = np.bincount(group[rows], column, n_groups)

    def totals(self, weights: Weights = None) -> RankTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        items, *rest = (weighted(sums, weights) for sums in self._sums)
        return RankTotals(items=items, sums=np.stack(rest[:2]), squares=np.stack(rest[2:4]), product=rest[4])


def _centred_ranks(values: Real[np.ndarray, " rows"]) -> Float[np.ndarray, " rows"]:
    """Ranks from -1/2 to 1/2 about their mean, ties sharing theirs."""
    if values.size == 0:
        return np.zeros(0)
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return ((last - (count - 1) / 2)[place] - (values.size + 1) / 2) / values.size
