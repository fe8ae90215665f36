"""Concept average precision: how far up a unit ranks the items that have its concept."""

import numpy as np
from jaxtyping import Bool, Float

from sememe.measures.codes import Codes
from sememe.measures.concepts.ranked_totals import RankedTotals
from sememe.measures.concepts.scored import Chosen, ranked
from sememe.measures.record import measure


def _from_totals(totals: RankedTotals) -> Float[np.ndarray, "... units"]:
    return totals.average_precision


@measure(
    title="Average precision of the best concept",
    family="concepts",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\sum_n (R_n - R_{n-1}) P_n",
    source="average precision over all thresholds; best concept per unit as in Bau et al. 2017",
    dead="NaN",
    needs=("codes", "concepts"),
    totals="ranked",
    from_totals=_from_totals,
)
def concept_average_precision(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], chosen: Chosen = None
) -> Float[np.ndarray, " units"]:
    """Average precision of a unit's code as a detector of its best concept.

    ``sum_n (R_n - R_{n-1}) P_n`` over the unit's distinct codes, from the greatest down, with precision ``P``
    and recall ``R`` of the items at or above each. Silent items come last, all at once, so chance scores the
    concept's own frequency.

    Args:
        codes: ``(items, units)``, dense or CSR. Signed units are scored on both signs (``signs.py``), each
            with a concept of its own.
        concepts: ``(items, concepts)``, which item has which concept.
        chosen: ``(2, units)`` from :func:`~sememe.measures.choose_concepts` on other items. None chooses on
            the items that are scored, which flatters every unit.

    Returns:
        ``(units,)`` in 0..1; higher is better. A dead unit gets NaN. Unchanged when a unit is scaled by a
        positive number.

    Raises:
        MeasureError: numbers of items that differ, or codes that are not finite.

    >>> concepts = np.array([[True], [False], [True], [False]])
    >>> concept_average_precision(np.array([[3.0], [2.0], [1.0], [0.0]]), concepts).round(4)
    array([0.8333])
    """
    return ranked(_from_totals, codes, concepts, chosen)
