"""FVU: the fraction of a layer's variance that a reconstruction leaves unexplained."""

import numpy as np
from jaxtyping import Float, Real

from sememe.errors import MeasureError
from sememe.measures.fidelity.variance_totals import VarianceTotals, variance_totals
from sememe.measures.record import measure


def _from_totals(totals: VarianceTotals) -> Float[np.ndarray, "..."]:
    if not (totals.total > 0).all():
        raise MeasureError(
            "All items have the same activation, so there is no variance to explain: FVU is undefined."
        )
    return np.asarray(totals.residual / totals.total)


@measure(
    title="Fraction of variance unexplained (FVU)",
    family="fidelity",
    level="set",
    range=(0.0, float("inf")),
    higher_is_better=False,
    formula=r"\frac{\sum_i \|x_i - \hat x_i\|^2}{\sum_i \|x_i - \bar x\|^2}",
    source="one less the coefficient of determination; the mean is that of the whole split",
    needs=("reconstruction",),
    totals="variance",
    from_totals=_from_totals,
)
def fvu(x: Real[np.ndarray, "items neurons"], x_hat: Real[np.ndarray, "items neurons"]) -> float:
    """``sum ||x - x_hat||^2 / sum ||x - mean||^2``, the mean per neuron over all items given.

    One quotient of two sums over the whole split: not a mean over batches, not a mean of ratios per item, and
    the variance is about the mean, not about zero. For a split larger than memory feed
    :class:`~sememe.measures.fidelity.variance_totals.VarianceSums`.

    Args:
        x: ``(items, neurons)``, activations.
        x_hat: ``(items, neurons)``, their reconstructions in the same units.

    Returns:
        0 perfect, 1 as good as predicting the mean, above 1 worse than that; lower is better. Unchanged when
        both are scaled or shifted together.

    Raises:
        MeasureError: shapes that differ, values that are not finite, or activations without variance.

    >>> fvu(np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([[2.0, 1.0], [0.0, 3.0]]))
    0.2
    """
    return float(_from_totals(variance_totals(x, x_hat)))
