"""Dominant firing: the share of a unit's firings that fall on one class."""

import numpy as np
from jaxtyping import Float, Integer

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.selectivity.class_totals import ClassTotals, class_totals
from sememe.measures.signs import on_both_signs


def _from_totals(totals: ClassTotals) -> Float[np.ndarray, "... units"]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return totals.firings.max(axis=-2) / totals.firings.sum(axis=-2)


@measure(
    title="Firings on the dominant class",
    family="selectivity",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\max_c \left|\{i: y_i = c,\ a_i \ne 0\}\right| \Big/ \left|\{i: a_i \ne 0\}\right|",
    source="class purity, counting every firing alike: what a unit means when it fires weakly, too",
    dead="NaN",
    needs=("codes", "labels"),
    totals="class",
    from_totals=_from_totals,
)
def dominant_firing(
    codes: Codes, labels: Integer[np.ndarray, " items"], n_classes: int
) -> Float[np.ndarray, " units"]:
    """Share of a unit's firings that fall on the class where it fires most often.

    Args:
        codes: ``(items, units)``, dense or CSR; firing is ``!= 0``. Signed units are scored on both signs
            (``signs.py``).
        labels: ``(items,)``, in ``0..n_classes - 1``.
        n_classes: number of classes, at least 2.

    Returns:
        ``(units,)`` in 1 / n_classes..1; higher is better. A dead unit gets NaN; a unit that always fires the
        share of the greatest class. Unchanged by any positive scaling.

    Raises:
        MeasureError: labels that do not fit, fewer than two classes, codes that are not finite.

    >>> dominant_firing(np.array([[9.0, 1.0], [1.0, 1.0], [1.0, 0.0]]), np.array([0, 1, 1]), 2)
    array([0.66666667, 0.5       ])
    """
    return on_both_signs(codes, lambda half: _from_totals(class_totals(half, labels, n_classes)))
