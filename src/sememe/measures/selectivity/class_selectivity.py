"""Class selectivity index: how far the best class stands above the others."""

import numpy as np
from jaxtyping import Float, Integer

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.selectivity.class_totals import ClassTotals, class_totals
from sememe.measures.signs import on_both_signs


def _from_totals(totals: ClassTotals) -> Float[np.ndarray, "... units"]:
    means = totals.means()
    present = ~np.isnan(means)
    n_present = present.sum(axis=-2)
    best = np.where(present, means, -np.inf).max(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        rest = (np.where(present, means, 0.0).sum(axis=-2) - best) / (n_present - 1)
        # Taking the best from the sum can leave a rounding error below zero where all other classes are
        # silent.
        rest = np.maximum(rest, 0.0)
        return (best - rest) / (best + rest)


@measure(
    title="Class selectivity index",
    family="selectivity",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{\mu_{\max} - \mu_{\text{rest}}}{\mu_{\max} + \mu_{\text{rest}}}",
    source="Morcos, Barrett, Rabinowitz and Botvinick 2018 (arXiv 1803.06959), equation 1",
    dead="NaN",
    needs=("codes", "labels"),
    totals="class",
    from_totals=_from_totals,
)
def class_selectivity(
    codes: Codes, labels: Integer[np.ndarray, " items"], n_classes: int
) -> Float[np.ndarray, " units"]:
    """``(mu_max - mu_rest) / (mu_max + mu_rest)`` of a unit's mean activation in each class.

    ``mu_max`` is the greatest class mean and ``mu_rest`` the mean of the means of all other classes, so that
    a class counts alike whatever its size. Codes are not centred.

    Args:
        codes: ``(items, units)``, dense or CSR. Signed units are scored on both signs (``signs.py``).
        labels: ``(items,)``, in ``0..n_classes - 1``.
        n_classes: number of classes, at least 2.

    Returns:
        ``(units,)`` in 0..1: 0 the same in every class, 1 active in one class only; higher is better. A dead
        unit gets NaN; a constant one 0. Unchanged when a unit is scaled by a positive number.

    Raises:
        MeasureError: labels that do not fit, fewer than two classes, codes that are not finite.

    Source: Morcos et al. 2018 (arXiv 1803.06959), equation 1.

    >>> class_selectivity(np.array([[3.0, 1.0], [1.0, 1.0], [0.0, 1.0]]), np.array([0, 1, 1]), 2)
    array([0.71428571, 0.        ])
    """
    return on_both_signs(codes, lambda half: _from_totals(class_totals(half, labels, n_classes)))
