"""Concept F1: how well a unit, at its best threshold, tells the items that have its concept."""

import numpy as np
from jaxtyping import Bool, Float

from sememe.measures.codes import Codes
from sememe.measures.concepts.ranked_totals import RankedTotals
from sememe.measures.concepts.scored import Chosen, ranked
from sememe.measures.record import measure


def _from_totals(totals: RankedTotals) -> Float[np.ndarray, "... units"]:
    return totals.f1


@measure(
    title="F1 of the best concept",
    family="concepts",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\max_t \frac{2\,|A_t \cap C|}{|A_t| + |C|}, \quad A_t = \{i : a_i \ge t\}",
    source="van Rijsbergen 1979, F measure, at the best threshold",
    dead="NaN",
    needs=("codes", "concepts"),
    totals="ranked",
    from_totals=_from_totals,
)
def concept_f1(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], chosen: Chosen = None
) -> Float[np.ndarray, " units"]:
    """Greatest F1 over thresholds of a unit's code as a detector of its best concept.

    The threshold is the best one on the items scored, for every unit alike; calling all items positive counts
    as a threshold, so chance scores ``2 f / (1 + f)`` for a concept of frequency ``f``.

    Arguments, result and errors as for :func:`~sememe.measures.concept_average_precision`.

    >>> concepts = np.array([[True], [False], [True], [False]])
    >>> concept_f1(np.array([[3.0], [2.0], [1.0], [0.0]]), concepts)
    array([0.8])
    """
    return ranked(_from_totals, codes, concepts, chosen)
