"""The sums behind interval precision, concept share and generality."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

from sememe.measures.codes import Codes, checked, entries, squared, sums_by_key
from sememe.measures.concepts.ranked_totals import check_concepts
from sememe.measures.totals import Weights, check_width, group_of, weighted

INTERVALS = 10
"""Activation intervals, of equal width from 0 to a unit's greatest code."""


@dataclass(frozen=True, eq=False)
class ConceptTotals:
    """Sums over items of codes >= 0; ``...`` is empty or the axis of replicates."""

    concept: Int[np.ndarray, " units"]
    """The concept of each unit; -1: none."""
    in_interval: Float[np.ndarray, "2 ... intervals units"]
    """Number of firings in each activation interval, and of those on items that have the unit's concept."""
    in_class: Float[np.ndarray, "2 ... classes units"]
    """The same in each class."""
    items: Float[np.ndarray, "..."]
    code: Float[np.ndarray, "... units"]
    """Sum of a unit's codes."""
    square: Float[np.ndarray, "... units"]
    """Sum of their squares."""
    with_concept: Float[np.ndarray, "... concepts units"]
    """Sum of a unit's codes over the items with each concept."""
    together: Float[np.ndarray, "... concepts concepts"]
    """Number of items that have both of two concepts."""


class ConceptSums:
    """Accumulates :class:`ConceptTotals`, group by group."""

    def __init__(
        self,
        concept: Int[np.ndarray, " units"],
        greatest: Float[np.ndarray, " units"],
        n_concepts: int,
        n_classes: int = 1,
        n_groups: int = 1,
    ) -> None:
        n_units = concept.shape[0]
        self.concept, self.greatest, self.n_classes, self.n_groups = concept, greatest, n_classes, n_groups
        self._in_interval = np.zeros((2, n_groups, INTERVALS, n_units))
        self._in_class = np.zeros((2, n_groups, n_classes, n_units))
        self._items = np.zeros(n_groups)
        self._code = np.zeros((n_groups, n_units))
        self._square = np.zeros((n_groups, n_units))
        self._with_concept = np.zeros((n_groups, n_concepts, n_units))
        self._together = np.zeros((n_groups, n_concepts, n_concepts))

    def update(
        self,
        codes: Codes,
        concepts: Bool[np.ndarray, "rows concepts"],
        labels: Integer[np.ndarray, " items"] | None = None,
        group: Int[np.ndarray, " items"] | None = None,
    ) -> None:
        """Add a batch of items, the concepts that each has, and its class (for generality)."""
        check_width(codes, self.concept.shape[0])
        check_concepts(concepts, codes.shape[0])
        codes = checked(codes)
        group = group_of(group, codes.shape[0], self.n_groups)
        label = np.zeros(codes.shape[0], np.int64) if labels is None else labels.astype(np.int64)
        items, units, values = entries(codes)
        scale = INTERVALS / np.where(self.greatest > 0, self.greatest, 1.0)
        # Interval k holds codes from k/10 of the greatest (excluded) to (k + 1)/10 (included); a hair of
        # slack keeps rounding from moving a code across an edge when a unit is scaled.
        interval = np.clip(np.ceil(values * scale[units] - 1e-6).astype(np.int64) - 1, 0, INTERVALS - 1)
        has = concepts[items, np.maximum(self.concept, 0)[units]] & (self.concept >= 0)[units]
        for counts, place in ((self._in_interval, interval), (self._in_class, label[items])):
            cell = np.ravel_multi_index((group[items], place, units), counts.shape[1:])
            for row, taken in enumerate((cell, cell[has])):
                counts[row] += np.bincount(taken, minlength=counts[row].size).reshape(counts.shape[1:])
        self._items += np.bincount(group, minlength=self.n_groups)
        self._code += sums_by_key(group, self.n_groups, codes)
        self._square += sums_by_key(group, self.n_groups, squared(codes))
        indicator = concepts.astype(np.float64)
        for g in np.unique(group):
            rows = np.flatnonzero(group == g)
            self._with_concept[g] += (codes[rows].T @ indicator[rows]).T
            self._together[g] += indicator[rows].T @ indicator[rows]

    def totals(self, weights: Weights = None) -> ConceptTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        return ConceptTotals(
            concept=self.concept,
            in_interval=np.stack([weighted(counts, weights) for counts in self._in_interval]),
            in_class=np.stack([weighted(counts, weights) for counts in self._in_class]),
            items=np.asarray(weighted(self._items, weights)),
            code=weighted(self._code, weights),
            square=weighted(self._square, weights),
            with_concept=weighted(self._with_concept, weights),
            together=weighted(self._together, weights),
        )
