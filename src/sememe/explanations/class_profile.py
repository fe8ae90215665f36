"""On which classes a unit spends its activation."""

import numpy as np
import scipy.sparse
from jaxtyping import Float, Int

from sememe.errors import MeasureError
from sememe.measures.codes import Codes


def class_profile(
    codes: Codes, labels: Int[np.ndarray, " _"], n_classes: int
) -> Float[np.ndarray, "units classes"]:
    """Share of each unit's activation mass, ``sum |code|``, that falls on the items of each class.

    Rows sum to 1; a dead unit gets NaN. A unit that ignores the classes gets their shares among the items.
    Raises :class:`MeasureError` when the labels do not fit the items or the classes.

    >>> class_profile(np.array([[3.0], [-1.0], [0.0]]), np.array([0, 1, 1]), 2).tolist()
    [[0.75, 0.25]]
    """
    if len(labels) != codes.shape[0]:
        raise MeasureError(f"There are {codes.shape[0]} items but {len(labels)} labels: give one an item.")
    if len(labels) and (labels.min() < 0 or labels.max() >= n_classes):
        raise MeasureError(
            f"Labels must lie between 0 and {n_classes - 1}, but {labels.min()} to {labels.max()} came."
        )
    membership = scipy.sparse.csr_array(
        (np.ones(len(labels)), (labels, np.arange(len(labels)))), shape=(n_classes, len(labels))
    )
    mass = membership @ abs(codes)
    mass = np.asarray(mass.todense() if scipy.sparse.issparse(mass) else mass, dtype=np.float64).T
    total = mass.sum(axis=1, keepdims=True)
    return np.divide(mass, total, out=np.full_like(mass, np.nan), where=total > 0)
