"""Class information: how much of the uncertainty about the class is gone where the unit's activation lies."""

import numpy as np
from jaxtyping import Float, Integer

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.selectivity.class_totals import ClassTotals, class_totals
from sememe.measures.signs import on_both_signs


def _from_totals(totals: ClassTotals) -> Float[np.ndarray, "... units"]:
    n_classes = totals.mass.shape[-2]
    with np.errstate(invalid="ignore", divide="ignore"):
        share = totals.mass / totals.mass.sum(axis=-2, keepdims=True)
        entropy = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-2)
    return 1.0 - entropy / np.log(n_classes)


@measure(
    title="Class information of the activation mass",
    family="selectivity",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"1 - \frac{H(\text{class} \mid \text{mass})}{\log C}",
    source="Shannon 1948, entropy, normalised by its maximum over C classes",
    dead="NaN",
    needs=("codes", "labels"),
    totals="class",
    from_totals=_from_totals,
)
def class_information(
    codes: Codes, labels: Integer[np.ndarray, " items"], n_classes: int
) -> Float[np.ndarray, " units"]:
    """``1 - H(class | mass) / log C``: one less the normalised entropy of a unit's mass over classes.

    Where :func:`dominant_mass` sees the best class only, this sees how the rest is spread: a unit for two
    classes scores above one for all.

    Args:
        codes: ``(items, units)``, dense or CSR, not centred. Signed units are scored on both signs
            (``signs.py``).
        labels: ``(items,)``, in ``0..n_classes - 1``.
        n_classes: number of classes ``C``, at least 2.

    Returns:
        ``(units,)`` in 0..1: 0 mass spread evenly, 1 all on one class; higher is better. A dead unit gets
        NaN. Unchanged when a unit is scaled by a positive number.

    Raises:
        MeasureError: labels that do not fit, fewer than two classes, codes that are not finite.

    >>> class_information(np.array([[2.0, 1.0], [2.0, 0.0], [0.0, 0.0]]), np.array([0, 1, 1]), 2).round(6)
    array([0., 1.])
    """
    return on_both_signs(codes, lambda half: _from_totals(class_totals(half, labels, n_classes)))
