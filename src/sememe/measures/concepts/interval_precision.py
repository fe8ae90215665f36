"""Interval precision: does a unit mean the same when it fires weakly?"""

import numpy as np
from jaxtyping import Bool, Float

from sememe.measures.codes import Codes
from sememe.measures.concepts.concept_totals import INTERVALS, ConceptTotals
from sememe.measures.concepts.scored import Chosen, summed
from sememe.measures.record import measure


def _from_totals(totals: ConceptTotals) -> Float[np.ndarray, "... units"]:
    firings, positive = totals.in_interval
    filled = firings > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(filled, positive / firings, 0.0)
        return precision.sum(axis=-2) / filled.sum(axis=-2)


@measure(
    title="Precision over all activation intervals",
    family="concepts",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{|K|} \sum_{k \in K} \frac{|A_k \cap C|}{|A_k|}",
    source="Bricken et al. 2023, Towards Monosemanticity: specificity over activation intervals",
    dead="NaN",
    needs=("codes", "concepts"),
    totals="concept",
    from_totals=_from_totals,
)
def interval_precision(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], chosen: Chosen = None
) -> Float[np.ndarray, " units"]:
    """Mean, over ten activation intervals, of the share of firings that are on items with the unit's concept.

    The intervals divide 0 to the unit's greatest code in ten equal parts; those in which it never fires are
    left out. A weak firing counts as much as a strong one: a unit that is pure only at its top scores low.
    For the ten values see :func:`~sememe.measures.precision_by_interval`.

    Arguments, result and errors as for :func:`~sememe.measures.concept_average_precision`.

    Source: Bricken et al. 2023, Towards Monosemanticity.

    >>> concepts = np.array([[True], [True], [False], [True]])
    >>> interval_precision(np.array([[1.0], [0.95], [0.1], [0.1]]), concepts)
    array([0.75])
    """
    return summed(_from_totals, codes, concepts, chosen)


def precision_by_interval(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], chosen: Chosen = None
) -> Float[np.ndarray, "intervals units"]:
    """The precision in each of the ten activation intervals, weakest first; NaN where none fires.

    >>> concepts = np.array([[True], [True], [False], [True]])
    >>> precision_by_interval(np.array([[1.0], [0.95], [0.1], [0.1]]), concepts)[:, 0]
    array([0.5, nan, nan, nan, nan, nan, nan, nan, nan, 1. ])
    """

    def one(interval: int) -> Float[np.ndarray, " units"]:
        def precision(totals: ConceptTotals) -> Float[np.ndarray, "... units"]:
            firings, positive = totals.in_interval[..., interval, :]
            with np.errstate(invalid="ignore", divide="ignore"):
                return positive / firings

        return summed(precision, codes, concepts, chosen)

    return np.stack([one(interval) for interval in range(INTERVALS)])
