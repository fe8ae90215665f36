"""The sums behind FVU and explained variance: what is lost, and what there was to lose.

The variance is about the mean over the whole split. Squares are summed about a fixed point near that mean
(the mean of the first batch), which keeps the sums additive and loses no digits where activations lie far
from zero.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real

from sememe.errors import MeasureError
from sememe.measures.codes import sums_by_key
from sememe.measures.totals import Weights, group_of, weighted


@dataclass(frozen=True, eq=False)
class VarianceTotals:
    """Sums over items and neurons; ``...`` is empty or the axis of replicates."""

    residual: Float[np.ndarray, "..."]
    """Sum of ``(x - x_hat)^2``."""
    total: Float[np.ndarray, "..."]
    """Sum of ``(x - mean)^2``, the mean over all items of the split (in a replicate: of the replicate)."""


class VarianceSums:
    """Accumulates :class:`VarianceTotals`, group by group.

    >>> sums = VarianceSums(n_neurons=2)
    >>> sums.update(np.array([[2.0, 0.0]]), np.array([[2.0, 1.0]]))
    >>> sums.update(np.array([[0.0, 4.0]]), np.array([[0.0, 3.0]]))
    >>> float(sums.totals().residual), float(sums.totals().total)
    (2.0, 10.0)
    """

    def __init__(self, n_neurons: int, n_groups: int = 1) -> None:
        self.n_groups = n_groups
        self._origin: Float[np.ndarray, " neurons"] | None = None
        self._residual = np.zeros(n_groups)
        self._squares = np.zeros(n_groups)
        self._sum = np.zeros((n_groups, n_neurons))
        self._items = np.zeros(n_groups)

    def update(
        self,
        x: Real[np.ndarray, "items neurons"],
        x_hat: Real[np.ndarray, "items neurons"],
        group: Int[np.ndarray, " items"] | None = None,
    ) -> None:
        """Add a batch of activations and their reconstructions."""
        if x.shape != x_hat.shape or x.shape[1] != self._sum.shape[1]:
            raise MeasureError(
                f"Activations have the shape {x.shape} and reconstructions {x_hat.shape}: "
                f"both must be (items, {self._sum.shape[1]})."
            )
        for name, array in (("activations", x), ("reconstructions", x_hat)):
            if not np.isfinite(array).all():
                raise MeasureError(f"{int((~np.isfinite(array)).sum())} of the {name} are NaN or infinite.")
        if x.shape[0] == 0:
            return
        group = group_of(group, x.shape[0], self.n_groups)
        if self._origin is None:
            self._origin = x.mean(axis=0, dtype=np.float64)
        shifted = x - self._origin
        residual = np.subtract(x, x_hat, dtype=np.float64)
        self._residual += np.bincount(group, np.einsum("ij,ij->i", residual, residual), self.n_groups)
        self._squares += np.bincount(group, np.einsum("ij,ij->i", shifted, shifted), self.n_groups)
        self._items += np.bincount(group, minlength=self.n_groups)
        self._sum += sums_by_key(group, self.n_groups, shifted)

    def totals(self, weights: Weights = None) -> VarianceTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        items, whole = weighted(self._items, weights), weighted(self._sum, weights)
        return VarianceTotals(
            residual=np.asarray(weighted(self._residual, weights)),
            total=np.asarray(
                weighted(self._squares, weights) - (whole**2).sum(axis=-1) / np.maximum(items, 1)
            ),
        )


def variance_totals(
    x: Real[np.ndarray, "items neurons"], x_hat: Real[np.ndarray, "items neurons"]
) -> VarianceTotals:
    """The totals of arrays that are in memory."""
    if x.ndim != 2 or x.shape[0] == 0:
        raise MeasureError(
            f"Activations must be (items, neurons) with at least one item; got the shape {x.shape}."
        )
    sums = VarianceSums(x.shape[1])
    sums.update(x, x_hat)
    return sums.totals()
