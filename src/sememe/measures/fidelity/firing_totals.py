"""The sums behind L0, density and the dead fraction: how often each unit fires."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sememe.measures.codes import Codes, checked, count_units, firings_by_key
from sememe.measures.totals import Weights, check_width, group_of, weighted


@dataclass(frozen=True, eq=False)
class FiringTotals:
    """Counts over items, both signs alike; ``...`` is empty or the axis of replicates."""

    firings: Float[np.ndarray, "... units"]
    """Number of items on which a unit is not zero."""
    items: Float[np.ndarray, "..."]
    """Number of items."""


class FiringSums:
    """Accumulates :class:`FiringTotals`, group by group."""

    def __init__(self, n_units: int, n_groups: int = 1) -> None:
        self.n_units, self.n_groups = n_units, n_groups
        self._firings = np.zeros((n_groups, n_units))
        self._items = np.zeros(n_groups)

    def update(self, codes: Codes, group: Int[np.ndarray, " items"] | None = None) -> None:
        """Add a batch of codes of any sign."""
        check_width(codes, self.n_units)
        codes = checked(codes)
        group = group_of(group, codes.shape[0], self.n_groups)
        self._firings += firings_by_key(group, self.n_groups, codes)
        self._items += np.bincount(group, minlength=self.n_groups)

    def totals(self, weights: Weights = None) -> FiringTotals:
        """The counts with each group counted once, or as often as each replicate's weights say."""
        return FiringTotals(
            firings=weighted(self._firings, weights), items=np.asarray(weighted(self._items, weights))
        )


def firing_totals(codes: Codes) -> FiringTotals:
    """The totals of an array that is in memory."""
    sums = FiringSums(count_units(codes))
    sums.update(codes)
    return sums.totals()
