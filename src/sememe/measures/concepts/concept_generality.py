"""Generality: on how many classes a unit means its concept."""

import numpy as np
from jaxtyping import Bool, Float, Integer

from sememe.measures.codes import Codes
from sememe.measures.concepts.concept_totals import ConceptTotals
from sememe.measures.concepts.scored import Chosen, summed
from sememe.measures.record import measure

HOLDS = 0.5
"""Share of the firings in a class that must be on items with the concept."""
ENOUGH = 5
"""Firings in a class below which it says nothing."""


def _from_totals(totals: ConceptTotals) -> Float[np.ndarray, "... units"]:
    firings, positive = totals.in_class
    count = ((firings >= ENOUGH) & (positive > HOLDS * firings)).sum(axis=-2).astype(np.float64)
    return np.where(firings.sum(axis=-2) > 0, count, np.nan)


@measure(
    title="Generality of the best concept",
    family="concepts",
    level="unit",
    range=(0.0, float("inf")),
    higher_is_better=True,
    formula=r"\left|\{y : |A_y \cap C| > \tfrac{1}{2} |A_y|,\ |A_y| \ge 5\}\right|",
    source="defined here: a piece of an image is found in several classes, a remembered example in one",
    dead="NaN",
    needs=("codes", "concepts", "labels"),
    totals="concept",
    from_totals=_from_totals,
)
def concept_generality(
    codes: Codes,
    concepts: Bool[np.ndarray, "rows concepts"],
    labels: Integer[np.ndarray, " items"],
    n_classes: int,
    chosen: Chosen = None,
) -> Float[np.ndarray, " units"]:
    """Number of classes in which more than half of a unit's firings are on items with its concept.

    Only classes with at least five firings count. A unit for one class has 1 at most, even if the concept is
    that class; a unit for a loop has as many as there are classes with loops.

    Arguments and errors as for :func:`~sememe.measures.concept_average_precision`; besides them:

    Args:
        labels: ``(items,)``, in ``0..n_classes - 1``.
        n_classes: number of classes.

    Returns:
        ``(units,)`` in 0..classes; higher is more general. A dead unit gets NaN. Unchanged when a unit is
        scaled by a positive number.

    >>> labels = np.repeat([0, 1, 2], 5)
    >>> concept_generality(np.ones((15, 1)), (labels < 2)[:, None], labels, 3)
    array([2.])
    """
    return summed(_from_totals, codes, concepts, chosen, labels, n_classes)
