"""Explained variance: one less FVU."""

import numpy as np
from jaxtyping import Float, Real

from sememe.measures.fidelity import fvu as _fvu
from sememe.measures.fidelity.variance_totals import VarianceTotals, variance_totals
from sememe.measures.record import measure


def _from_totals(totals: VarianceTotals) -> Float[np.ndarray, "..."]:
    return np.asarray(1.0 - _fvu._from_totals(totals))


@measure(
    title="Explained variance",
    family="fidelity",
    level="set",
    range=(-float("inf"), 1.0),
    higher_is_better=True,
    formula=r"1 - \frac{\sum_i \|x_i - \hat x_i\|^2}{\sum_i \|x_i - \bar x\|^2}",
    source="coefficient of determination, all neurons together",
    needs=("reconstruction",),
    totals="variance",
    from_totals=_from_totals,
)
def explained_variance(
    x: Real[np.ndarray, "items neurons"], x_hat: Real[np.ndarray, "items neurons"]
) -> float:
    """``1 - FVU``: see :func:`~sememe.measures.fvu` for the mean, the sums and the errors.

    Args:
        x: ``(items, neurons)``, activations.
        x_hat: ``(items, neurons)``, their reconstructions in the same units.

    Returns:
        1 perfect, 0 as good as predicting the mean, negative worse than that; higher is better.

    >>> explained_variance(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([[2.0, 1.0], [0.0, 3.0]]))
    0.8
    """
    return float(_from_totals(variance_totals(x, x_hat)))
