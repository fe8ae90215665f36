"""How a measure of concepts is called on arrays: both signs of a unit, each with a concept of its own."""

from collections.abc import Callable

import numpy as np
from jaxtyping import Bool, Float, Int, Integer

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked, checked_labels, count_units, extent, sums_by_key
from sememe.measures.concepts.choice import best_of_halves, of_columns
from sememe.measures.concepts.concept_totals import ConceptSums, ConceptTotals
from sememe.measures.concepts.ranked_totals import RankedSums, RankedTotals
from sememe.measures.signs import Halves, halves

Chosen = Int[np.ndarray, "2 units"] | None
"""From :func:`~sememe.measures.choose_concepts` on other items; None: chosen on the items themselves."""


def ranked(
    formula: Callable[[RankedTotals], Float[np.ndarray, "... columns"]],
    codes: Codes,
    concepts: Bool[np.ndarray, "rows concepts"],
    chosen: Chosen,
) -> Float[np.ndarray, " units"]:
    """A measure on the order of firings."""
    split = halves(checked(codes))
    sums = RankedSums(_concept(split, concepts, chosen))
    sums.update(split.codes, concepts)
    return _joined(split, formula(sums.totals()))


def summed(
    formula: Callable[[ConceptTotals], Float[np.ndarray, "... columns"]],
    codes: Codes,
    concepts: Bool[np.ndarray, "rows concepts"],
    chosen: Chosen,
    labels: Integer[np.ndarray, " items"] | None = None,
    n_classes: int = 1,
) -> Float[np.ndarray, " units"]:
    """A measure on sums."""
    split = halves(checked(codes))
    if labels is not None:
        checked_labels(labels, codes.shape[0], n_classes)
    sums = ConceptSums(
        _concept(split, concepts, chosen), extent(split.codes)[1], concepts.shape[1], n_classes
    )
    sums.update(split.codes, concepts, labels)
    return _joined(split, formula(sums.totals()))


def _concept(
    split: Halves, concepts: Bool[np.ndarray, "rows concepts"], chosen: Chosen
) -> Int[np.ndarray, " columns"]:
    if chosen is None:
        return best_of_halves(split, concepts)
    check_chosen(chosen, split.n_units, concepts.shape[1])
    return of_columns(chosen, split)


def check_chosen(chosen: Int[np.ndarray, "..."], n_units: int, n_concepts: int) -> None:
    """Refuse a choice of concepts for other units, or of concepts that there are not."""
    if chosen.shape != (2, n_units) or chosen.max() >= n_concepts:
        raise MeasureError(
            f"The chosen concepts have the shape {chosen.shape} and go up to {chosen.max()}; "
            f"they must be (2, {n_units}) and name one of {n_concepts} concepts."
        )


def _joined(split: Halves, scores: Float[np.ndarray, " columns"]) -> Float[np.ndarray, " units"]:
    mass = sums_by_key(np.zeros(split.codes.shape[0], np.int64), 1, split.codes)[0]
    assert count_units(split.codes) == scores.shape[0]
    return split.join(scores, mass)
