"""One-to-one matching of rows: atoms with atoms, units with units."""

import numpy as np
from jaxtyping import Float, Int, Real

from sememe.errors import MeasureError
from sememe.measures.similarity.embeddings import unit_length


def cosines(
    first: Real[np.ndarray, "first neurons"], second: Real[np.ndarray, "second neurons"]
) -> Float[np.ndarray, "first second"]:
    """Cosine of every row of one with every row of the other; a row of zeros has cosine 0 with all."""
    if (
        first.ndim != 2
        or second.ndim != 2
        or first.shape[1] != second.shape[1]
        or 0 in (*first.shape, *second.shape)
    ):
        raise MeasureError(
            f"Atoms of the shapes {first.shape} and {second.shape} cannot be matched: both must be "
            "(atoms, neurons) with as many neurons, and hold an atom."
        )
    return unit_length(first) @ unit_length(second).T


def best_matching(
    likeness: Float[np.ndarray, "first second"],
) -> tuple[Int[np.ndarray, " pairs"], Int[np.ndarray, " pairs"]]:
    """The pairs of rows and columns, none twice, with the greatest sum of likeness."""
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(likeness, maximize=True)
    return rows, columns
