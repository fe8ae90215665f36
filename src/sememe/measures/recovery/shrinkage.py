"""Shrinkage: whether reconstructions are systematically too small."""

import numpy as np
from jaxtyping import Real

from sememe.errors import MeasureError
from sememe.measures.record import measure


@measure(
    title="Shrinkage",
    family="recovery",
    level="set",
    range=(-float("inf"), float("inf")),
    higher_is_better=None,
    formula=r"\gamma = \frac{\sum_i \|\hat x_i - \bar x\|^2}"
    r"{\sum_i \langle \hat x_i - \bar x, x_i - \bar x \rangle}",
    source="Rajamanoharan et al. 2024, Gated SAE (arXiv 2404.16014), relative reconstruction bias",
    needs=("reconstruction",),
)
def shrinkage(x: Real[np.ndarray, "items neurons"], x_hat: Real[np.ndarray, "items neurons"]) -> float:
    """The factor by which reconstructions would have to be divided to be as near as they can be.

    An L1 penalty makes codes too small; ``gamma`` says by how much. Both are taken about the mean of ``x``.

    Args:
        x: ``(items, neurons)``, activations.
        x_hat: ``(items, neurons)``, reconstructions.

    Returns:
        1 unbiased, below 1 shrunk, above 1 swollen; neither end is better. NaN where the reconstructions have
        nothing in common with the activations.

    Raises:
        MeasureError: shapes that differ, or values that are not finite.

    Source: Rajamanoharan et al. 2024 (arXiv 2404.16014).

    >>> x = np.array([[1.0, -1.0], [-1.0, 1.0]])
    >>> shrinkage(x, 0.5 * x)
    0.5
    """
    if x.shape != x_hat.shape or x.shape[0] == 0:
        raise MeasureError(f"Activations have the shape {x.shape} and reconstructions {x_hat.shape}.")
    if not (np.isfinite(x).all() and np.isfinite(x_hat).all()):
        raise MeasureError("Some activations or reconstructions are NaN or infinite.")
    mean = x.mean(axis=0, dtype=np.float64)
    true, found = x - mean, x_hat - mean
    together = float((true * found).sum())
    return float((found**2).sum()) / together if together != 0 else float("nan")
