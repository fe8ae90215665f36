"""How a unit relates to other units: by direction, by activation, by firing together."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real
from scipy import sparse

from sememe.errors import MeasureError
from sememe.measures.similarity.embeddings import unit_length


@dataclass(frozen=True, eq=False)
class Relations:
    """One unit beside each of some others; NaN where one of the two does not vary or is dead."""

    cosine: Float[np.ndarray, " others"]  # of the atoms, -1 to 1
    correlation: Float[np.ndarray, " others"]  # Pearson's, of the codes over items, -1 to 1
    together: Float[np.ndarray, " others"]  # items that fire both / items that fire either, 0 to 1


def relations(
    atom: Real[np.ndarray, " neurons"],
    code: Real[np.ndarray, " items"],
    atoms: Real[np.ndarray, "others _"],
    codes: Real[np.ndarray, "_ _"] | sparse.csc_array | sparse.csr_array,
) -> Relations:
    """Relate a unit to every unit of a set on the same layer and items.

    Raises :class:`MeasureError` when atoms or codes do not fit together.

    >>> found = relations(np.array([1.0, 0.0]), np.array([1.0, 0.0, 2.0]), np.eye(2),
    ...                   np.array([[1.0, 0.0], [0.0, 3.0], [2.0, 0.0]]))
    >>> found.cosine.tolist(), found.correlation.round(3).tolist(), found.together.tolist()
    ([1.0, 0.0], [1.0, -0.866], [1.0, 0.0])
    """
    if atoms.shape[1] != len(atom) or codes.shape != (len(code), len(atoms)):
        raise MeasureError(
            f"An atom of {len(atom)} neurons with {len(code)} codes, and atoms {atoms.shape} with codes "
            f"{codes.shape}, do not fit together."
        )
    columns = sparse.csc_array(codes)
    mine = code.astype(np.float64)
    n = len(mine)
    total = np.asarray(columns.sum(axis=0), dtype=np.float64).ravel()
    squares = np.asarray(columns.multiply(columns).sum(axis=0), dtype=np.float64).ravel()
    product = columns.T @ mine
    mean, other_mean = mine.mean(), total / n
    spread, other_spread = mine.var(), np.maximum(squares / n - other_mean**2, 0)
    scale = np.sqrt(spread * np.where(other_spread > 1e-12 * squares / n, other_spread, 0))
    covariance = product / n - mean * other_mean
    correlation = np.divide(covariance, scale, out=np.full(len(total), np.nan), where=scale > 0)
    fires = (mine != 0).astype(np.float64)
    pattern = sparse.csc_array((columns.data != 0, columns.indices, columns.indptr), shape=columns.shape)
    pattern = pattern.astype(np.float64)
    both = pattern.T @ fires
    either = fires.sum() + np.asarray(pattern.sum(axis=0)).ravel() - both
    return Relations(
        cosine=(unit_length(atoms) @ unit_length(atom[None])[0]).astype(np.float64),
        correlation=np.clip(correlation, -1, 1),
        together=np.divide(both, either, out=np.full(len(total), np.nan), where=either > 0),
    )


def greatest(
    values: Float[np.ndarray, " others"], n: int, leave_out: int | None = None
) -> Int[np.ndarray, " found"]:
    """Rows of the ``n`` greatest values, greatest first; NaN never counts, ties go to the lower row.

    >>> greatest(np.array([0.2, np.nan, 0.9]), 2).tolist()
    [2, 0]
    """
    known = np.flatnonzero(~np.isnan(values))
    if leave_out is not None:
        known = known[known != leave_out]
    return known[np.argsort(-values[known], kind="stable")[:n]]
