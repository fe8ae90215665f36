"""The sums behind the measures of simulation: ranks, and how far firings are told from silence.

How far one firing is told: the share of silent items that are predicted below it less the share predicted
above, -1 to 1; the other way round where the code is negative. The mean over an interval is ``2 A - 1``, with
``A`` the area under the curve. It is a mean over pairs of a firing and a silent item, and both are drawn anew
in a replicate of the bootstrap. To first order the score then moves by as much as the mean over firings does,
and the mean over silent items of what each adds to it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real

from sememe.measures.rank_totals import RankSums, RankTotals
from sememe.measures.totals import Weights, group_of, weighted

INTERVALS = 10
"""Activation intervals, of equal width from 0 to a unit's greatest ``|code|``."""


@dataclass(frozen=True, eq=False)
class SimulationTotals:
    """Sums over items; ``...`` is empty or the axis of replicates."""

    ranks: RankTotals
    told: Float[np.ndarray, "... intervals units"]
    """Sum over the firings of each interval of how far each is told from silence."""
    firings: Float[np.ndarray, "... intervals units"]
    passed: Float[np.ndarray, "... units"]
    """Sum over silent items of what each adds: how far firings are told from it alone."""
    silent: Float[np.ndarray, "... units"]
    value: Float[np.ndarray, " units"]
    """Mean of ``passed`` over all items once: what replicates are moved from."""


class SimulationSums:
    """:class:`SimulationTotals` of codes and their predictions, all at once: there is no ``update``."""

    def __init__(
        self,
        codes: Real[np.ndarray, "items units"],
        predicted: Real[np.ndarray, "items units"],
        group: Int[np.ndarray, " items"] | None = None,
        n_groups: int = 1,
    ) -> None:
        self.n_groups = n_groups
        self._ranks = RankSums(codes, predicted, group, n_groups)
        group, n_units = group_of(group, codes.shape[0], n_groups), codes.shape[1]
        self._told, self._firings = np.zeros((2, n_groups, INTERVALS, n_units))
        self._passed, self._silent = np.zeros((2, n_groups, n_units))
        for u in range(n_units):
            height = _height(codes[:, u])
            fires, silent = np.flatnonzero(height), np.flatnonzero(height == 0)
            if fires.size == 0 or silent.size == 0:
                continue
            sign = np.sign(codes[fires, u]).astype(np.float64)
            # A hair of slack keeps rounding from moving a code across an edge when a unit is scaled.
            interval = np.clip(
                np.ceil(height[fires] * INTERVALS - 1e-6).astype(np.int64) - 1, 0, INTERVALS - 1
            )
            place = (group[fires], interval)
            np.add.at(self._told[:, :, u], place, sign * _above(predicted[fires, u], predicted[silent, u]))
            np.add.at(self._firings[:, :, u], place, 1.0)
            counts = np.bincount(interval, minlength=INTERVALS)
            weight = sign / (counts[interval] * np.count_nonzero(counts))
            passed = -_above(predicted[silent, u], predicted[fires, u], weight)
            self._passed[:, u] = np.bincount(group[silent], passed, n_groups)
            self._silent[:, u] = np.bincount(group[silent], minlength=n_groups)

    def totals(self, weights: Weights = None) -> SimulationTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        with np.errstate(invalid="ignore"):
            value = self._passed.sum(axis=0) / self._silent.sum(axis=0)
        return SimulationTotals(
            ranks=self._ranks.totals(weights),
            told=weighted(self._told, weights),
            firings=weighted(self._firings, weights),
            passed=weighted(self._passed, weights),
            silent=weighted(self._silent, weights),
            value=value,
        )


def _height(codes: Real[np.ndarray, " items"]) -> Float[np.ndarray, " items"]:
    """``|code|`` as a share of the greatest, 0 where the unit is silent.

    A unit that is never silent, such as a sigmoid, counts from its least ``|code|`` and is at rest in the
    lowest tenth. 0 for all items where all are the same.
    """
    size = np.abs(codes).astype(np.float64)
    never_silent = size.min() > 0
    size = size - size.min()
    height = np.divide(size, size.max(), out=np.zeros_like(size), where=size.max() > 0)
    return np.where(height <= 1 / INTERVALS, 0.0, height) if never_silent else height


def _above(
    some: Real[np.ndarray, " some"],
    others: Real[np.ndarray, " others"],
    weight: Float[np.ndarray, " others"] | None = None,
) -> Float[np.ndarray, " some"]:
    """Share of the others that each lies above, less the share that it lies below; by weight if given."""
    order = None if weight is None else np.argsort(others)
    ranked = np.sort(others) if order is None else others[order]
    share = np.full(others.size, 1 / others.size) if weight is None else weight[order]
    up_to = np.concatenate([[0.0], np.cumsum(share)])
    left, right = (np.searchsorted(ranked, some, side) for side in ("left", "right"))
    return up_to[left] + up_to[right] - up_to[-1]
