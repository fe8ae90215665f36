"""What average precision, F1 and IoU look at: a unit's firings from the strongest down.

These scores depend on the order of all firings and are no function of sums; the firings themselves are kept.
For sparse codes that is little: the firings of 1 M items at 8 a piece take 160 MB.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Bool, Float, Int

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked, strongest_first, sums_by_key
from sememe.measures.kernels.ranking import ranked_scores
from sememe.measures.totals import Weights, check_width, group_of, weighted

Ranking: TypeAlias = tuple[
    Int[np.ndarray, " bounds"], Int[np.ndarray, " firings"], Float[np.ndarray, " firings"]
]
"""What :func:`~sememe.measures.codes.strongest_first` gives."""


@dataclass(frozen=True, eq=False)
class RankedTotals:
    """Scores of each unit for its concept, NaN if dead; ``...`` is empty or the axis of replicates."""

    average_precision: Float[np.ndarray, "... units"]
    f1: Float[np.ndarray, "... units"]


class RankedSums:
    """Gathers firings, for codes >= 0 and one concept a unit (-1: none)."""

    def __init__(self, concept: Int[np.ndarray, " units"], n_groups: int = 1) -> None:
        self.concept, self.n_groups = concept, n_groups
        self._parts: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
        self._items = np.zeros(n_groups)
        self._positive = np.zeros((n_groups, concept.shape[0]))

    def update(
        self,
        codes: Codes,
        concepts: Bool[np.ndarray, "rows concepts"],
        group: Int[np.ndarray, " items"] | None = None,
        ranking: Ranking | None = None,
    ) -> None:
        """Add a batch of items and the concepts that each of them has.

        ``ranking`` spares sorting the same firings again, for other concepts.
        """
        check_width(codes, self.concept.shape[0])
        check_concepts(concepts, codes.shape[0])
        group = group_of(group, codes.shape[0], self.n_groups)
        bounds, items, values = strongest_first(checked(codes)) if ranking is None else ranking
        units = np.repeat(np.arange(codes.shape[1]), np.diff(bounds))
        positive = concepts[items, np.maximum(self.concept, 0)[units]] & (self.concept >= 0)[units]
        self._parts.append((units, values, positive, group[items]))
        self._items += np.bincount(group, minlength=self.n_groups)
        counts = sums_by_key(group, self.n_groups, concepts.astype(np.float64))
        self._positive += np.where(self.concept >= 0, counts[:, np.maximum(self.concept, 0)], 0.0)

    def totals(self, weights: Weights = None) -> RankedTotals:
        """The scores with each group counted once, or as often as each replicate's weights say."""
        units, values, positive, group = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        if len(self._parts) > 1:
            order = np.lexsort((-values, units))
            units, values, positive, group = (column[order] for column in (units, values, positive, group))
            self._parts = [(units, values, positive, group)]
        bounds = np.searchsorted(units, np.arange(self.concept.shape[0] + 1))
        counts = np.ones((1, self.n_groups)) if weights is None else weights
        scores = ranked_scores(
            bounds,
            values,
            positive,
            group,
            np.ascontiguousarray(counts.T),
            weighted(self._items, counts),
            weighted(self._positive, counts),
        )
        scores[:, :, np.diff(bounds) == 0] = np.nan
        scores = scores[:, 0] if weights is None else scores
        return RankedTotals(average_precision=scores[0], f1=scores[1])


def check_concepts(concepts: Bool[np.ndarray, "rows concepts"], n_items: int) -> None:
    """Refuse a concept matrix that does not fit the items."""
    if concepts.dtype != bool:
        raise MeasureError(f"Concepts must be True or False; these are of the type {concepts.dtype}.")
    if concepts.shape[0] != n_items:
        raise MeasureError(
            f"There are {n_items:,} items but concepts of {concepts.shape[0]:,}: give one row an item."
        )
    if concepts.ndim != 2 or concepts.shape[1] == 0:
        raise MeasureError(f"Concepts must be (items, concepts) with at least one; got {concepts.shape}.")
