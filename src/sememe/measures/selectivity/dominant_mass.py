"""Dominant mass: the share of a unit's activation that falls on one class."""

import numpy as np
from jaxtyping import Float, Integer

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.selectivity.class_totals import ClassTotals, class_totals
from sememe.measures.signs import on_both_signs


def _from_totals(totals: ClassTotals) -> Float[np.ndarray, "... units"]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return totals.mass.max(axis=-2) / totals.mass.sum(axis=-2)


@measure(
    title="Activation mass on the dominant class",
    family="selectivity",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\max_c \sum_{i: y_i = c} a_i \Big/ \sum_i a_i",
    source="class purity, each item weighted by its activation",
    dead="NaN",
    needs=("codes", "labels"),
    totals="class",
    from_totals=_from_totals,
)
def dominant_mass(
    codes: Codes, labels: Integer[np.ndarray, " items"], n_classes: int
) -> Float[np.ndarray, " units"]:
    """Share of a unit's summed activation that falls on the class where it is greatest.

    Codes are not centred, so a unit that is never silent (a sigmoid) spreads its floor over all classes.

    Args:
        codes: ``(items, units)``, dense or CSR. Signed units are scored on both signs (``signs.py``).
        labels: ``(items,)``, in ``0..n_classes - 1``.
        n_classes: number of classes, at least 2.

    Returns:
        ``(units,)`` in 1 / n_classes..1; higher is better. A dead unit gets NaN. With classes of equal size a
        constant unit gets 1 / n_classes. Unchanged when a unit is scaled by a positive number.

    Raises:
        MeasureError: labels that do not fit, fewer than two classes, codes that are not finite.

    >>> dominant_mass(np.array([[3.0, 1.0], [1.0, 1.0], [0.0, 2.0]]), np.array([0, 1, 1]), 2)
    array([0.75, 0.75])
    """
    return on_both_signs(codes, lambda half: _from_totals(class_totals(half, labels, n_classes)))
