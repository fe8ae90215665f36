"""The sums behind concept separability: a histogram of every unit's activation in each class.

A bin of its own holds the items on which the unit is silent; ten bins of equal width hold its firings, from
the least to the greatest of them. The bins of a unit are fixed before counting, from :func:`firing_extent`,
so that batches and resamples count into the same ones.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer

from sememe.measures.codes import Codes, checked, checked_labels, entries
from sememe.measures.totals import Weights, check_width, group_of, weighted

BINS = 10
"""Bins for firings; silence has one more."""


@dataclass(frozen=True, eq=False)
class HistogramTotals:
    """Numbers of items; bin 0 is silence. ``...`` is empty or the axis of replicates."""

    counts: Float[np.ndarray, "... classes bins units"]


def firing_extent(codes: Codes) -> tuple[Float[np.ndarray, " units"], Float[np.ndarray, " units"]]:
    """Least and greatest non-zero code of each unit; 0 and 0 for a dead one."""
    n_units = codes.shape[1]
    _, units, values = entries(codes)
    low, high = np.full(n_units, np.inf), np.full(n_units, -np.inf)
    np.minimum.at(low, units, values)
    np.maximum.at(high, units, values)
    dead = low > high
    return np.where(dead, 0.0, low), np.where(dead, 0.0, high)


class HistogramSums:
    """Accumulates :class:`HistogramTotals` between given extents, group by group."""

    def __init__(
        self,
        low: Float[np.ndarray, " units"],
        high: Float[np.ndarray, " units"],
        n_classes: int,
        n_groups: int = 1,
    ) -> None:
        self.low, self.high, self.n_classes, self.n_groups = low, high, n_classes, n_groups
        self._counts = np.zeros((n_groups * n_classes, BINS + 1, low.shape[0]))

    def update(
        self,
        codes: Codes,
        labels: Integer[np.ndarray, " items"],
        group: Int[np.ndarray, " items"] | None = None,
    ) -> None:
        """Add a batch of items; a code outside the extents counts in the outermost bin."""
        n_keys, n_bins, n_units = self._counts.shape
        check_width(codes, n_units)
        checked_labels(labels, codes.shape[0], self.n_classes)
        codes = checked(codes)
        key = group_of(group, codes.shape[0], self.n_groups) * self.n_classes + labels.astype(np.int64)
        items, units, values = entries(codes)
        width = self.high - self.low
        scale = np.divide(BINS, width, out=np.zeros_like(width), where=width > 0)
        place = np.clip(((values - self.low[units]) * scale[units]).astype(np.int64), 0, BINS - 1) + 1
        cell = (key[items] * n_bins + place) * n_units + units
        counts = np.bincount(cell, minlength=self._counts.size).reshape(self._counts.shape)
        self._counts += counts
        self._counts[:, 0] += np.bincount(key, minlength=n_keys)[:, None] - counts.sum(axis=1)

    def totals(self, weights: Weights = None) -> HistogramTotals:
        """The counts with each group counted once, or as often as each replicate's weights say."""
        n_units = self._counts.shape[2]
        shape = (self.n_groups, self.n_classes, BINS + 1, n_units)
        return HistogramTotals(weighted(self._counts.reshape(shape), weights))


def histogram_totals(codes: Codes, labels: Integer[np.ndarray, " items"], n_classes: int) -> HistogramTotals:
    """The totals of arrays that are in memory."""
    sums = HistogramSums(*firing_extent(checked(codes)), n_classes)
    sums.update(codes, labels)
    return sums.totals()
