"""Count, mean and variance of activations, gathered while they stream past."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from sememe.errors import ActivationsError

# Rows are widened to float64 this many numbers at a time, so that the copy stays in the processor's cache.
_BLOCK_NUMBERS = 1 << 17


@dataclass(frozen=True, eq=False)
class Moments:
    """The first two moments of a layer's activations, in float64."""

    count: int  # items
    mean: Float64[np.ndarray, " neurons"]  # in the layer's units
    variance: Float64[np.ndarray, " neurons"]  # about the mean, divided by count, not by count - 1

    @property
    def scale(self) -> float:
        """Root mean square of ``x - mean`` over items and neurons, in the layer's units.

        ``(x - mean) / scale`` has a mean squared norm of ``neurons``; 0 if every neuron is constant.
        """
        return float(np.sqrt(self.variance.mean()))

    @property
    def total_variance(self) -> float:
        """Mean over items of ``||x - mean||^2``: what a dictionary has to explain."""
        return float(self.variance.sum())


class RunningMoments:
    """Moments of rows that arrive in batches, by the pairwise update of Chan, Golub and LeVeque (1979).

    Two runs may be merged, and the result does not depend on how rows were batched, up to the rounding
    of float64. Sums of squares are taken about each block's own mean, so a large mean costs no digits.
    """

    def __init__(self, n_neurons: int) -> None:
        self.count = 0
        self._mean = np.zeros(n_neurons)
        self._squares = np.zeros(n_neurons)  # sum over items of (x - mean)^2

    def update(self, values: Float[np.ndarray, "items neurons"]) -> None:
        """Take in more rows. NaN or infinite values: :class:`ActivationsError`, with how many."""
        block_rows = max(1, _BLOCK_NUMBERS // max(1, values.shape[1]))
        for start in range(0, len(values), block_rows):
            wide = values[start : start + block_rows].astype(np.float64)
            with np.errstate(invalid="ignore"):  # inf - inf, found out below
                mean = wide.mean(axis=0)
            # A float64 sum of float32 numbers cannot overflow: it is finite exactly if they all are.
            if not np.isfinite(mean).all():
                bad = int(np.count_nonzero(~np.isfinite(values)))
                raise ActivationsError(f"{bad:,} of {values.size:,} activations are NaN or infinite.")
            wide -= mean
            self._combine(len(wide), mean, np.einsum("ij,ij->j", wide, wide))

    def merge(self, other: "RunningMoments") -> None:
        """Take in the rows that another run has seen."""
        self._combine(other.count, other._mean, other._squares)

    def result(self) -> Moments:
        """The moments of all rows so far; no rows at all is an :class:`ActivationsError`."""
        if self.count == 0:
            raise ActivationsError("There are no activations to take moments of.")
        return Moments(self.count, self._mean.copy(), self._squares / self.count)

    def _combine(
        self, count: int, mean: Float64[np.ndarray, " neurons"], squares: Float64[np.ndarray, " neurons"]
    ) -> None:
        total = self.count + count
        if count == 0:
            return
        step = mean - self._mean
        self._squares = self._squares + squares + step**2 * (self.count * count / total)
        self._mean = self._mean + step * (count / total)
        self.count = total
