"""Centre and scale of a set of items, gathered in one pass in float64."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64

from sememe.errors import DictionaryError


@dataclass(frozen=True, eq=False)
class Moments:
    """What one pass over the items tells.

    Attributes:
        count: number of items.
        mean: of each neuron.
        variance: mean over the items of the squared distance from the mean, summed over the neurons.
    """

    count: int
    mean: Float64[np.ndarray, " neurons"]
    variance: float

    @property
    def scale(self) -> float:
        """Root of the variance per neuron: items divided by it have a mean squared deviation of 1."""
        return float(np.sqrt(self.variance / len(self.mean)))


def moments(chunks: Iterable[Float32[np.ndarray, "some neurons"]]) -> Moments:
    """Moments of the items in all chunks together (Chan et al. 1983, pairwise update: no cancellation)."""
    count, mean, squares = 0, np.zeros(0), 0.0
    for chunk in chunks:
        rows = chunk.astype(np.float64)
        here = rows.mean(axis=0)
        rows -= here
        new_squares = float(np.einsum("ij,ij->", rows, rows))
        if count == 0:
            count, mean, squares = len(rows), here, new_squares
            continue
        total = count + len(rows)
        apart = here - mean
        squares += new_squares + float(apart @ apart) * count * len(rows) / total
        mean = mean + apart * (len(rows) / total)
        count = total
    return Moments(count, mean, squares / max(1, count))


def varying(found: Moments) -> Moments:
    """The same moments, refused where there is nothing to explain.

    Raises:
        DictionaryError: all items are equal, up to rounding of float32.
    """
    size = float(np.abs(found.mean).max(initial=0.0))
    if found.variance <= len(found.mean) * (np.finfo(np.float32).eps * size) ** 2:
        raise DictionaryError(
            f"The {found.count} items do not vary: a dictionary needs items that differ, "
            "so check the layer, and with n_samples=1 give more than one."
        )
    return found
