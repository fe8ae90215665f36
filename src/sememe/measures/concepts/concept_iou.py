"""Concept IoU: the overlap of where a unit fires with where its concept is."""

import numpy as np
from jaxtyping import Bool, Float

from sememe.measures.codes import Codes
from sememe.measures.concepts.ranked_totals import RankedTotals
from sememe.measures.concepts.scored import Chosen, ranked
from sememe.measures.record import measure


def _from_totals(totals: RankedTotals) -> Float[np.ndarray, "... units"]:
    return totals.f1 / (2.0 - totals.f1)


@measure(
    title="IoU of the best concept",
    family="concepts",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\max_t \frac{|A_t \cap C|}{|A_t \cup C|}, \quad A_t = \{i : a_i \ge t\}",
    source="Bau et al. 2017, Network Dissection (arXiv 1704.05796), equation 2, at the best threshold",
    dead="NaN",
    needs=("codes", "concepts", "places"),
    totals="ranked",
    from_totals=_from_totals,
)
def concept_iou(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], chosen: Chosen = None
) -> Float[np.ndarray, " units"]:
    """Greatest intersection over union of the items above a threshold with those that have the best concept.

    For positions of a convolutional layer, where items are places and the overlap is one of areas. It is
    ``F1 / (2 - F1)`` at the same threshold and ranks units as :func:`~sememe.measures.concept_f1` does: an
    evaluation whose items are whole images leaves it out, since it would say the same thing twice.

    Arguments, result and errors as for :func:`~sememe.measures.concept_average_precision`.

    Source: Bau et al. 2017, Network Dissection (arXiv 1704.05796).

    >>> concepts = np.array([[True], [False], [True], [False]])
    >>> concept_iou(np.array([[3.0], [2.0], [1.0], [0.0]]), concepts).round(4)
    array([0.6667])
    """
    return ranked(_from_totals, codes, concepts, chosen)
