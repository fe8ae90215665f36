"""Non-negative least squares, item by item."""

import numpy as np
from jaxtyping import Float32
from scipy.optimize import nnls


def non_negative_codes(
    x: Float32[np.ndarray, "items neurons"], atoms: Float32[np.ndarray, "components neurons"]
) -> Float32[np.ndarray, "items components"]:
    """Codes ``>= 0`` that minimise ``||x - codes @ atoms||^2``, exactly (Lawson & Hanson's active set).

    Atoms of these methods are often nearly dependent, where iterations that run over all items together come
    to no end. Costs about 50 microseconds an item for 32 atoms.
    """
    basis, triangle = np.linalg.qr(atoms.T.astype(np.float64))
    targets = x.astype(np.float64) @ basis
    codes = np.empty((len(x), len(atoms)), dtype=np.float32)
    for row, target in enumerate(targets):
        codes[row] = nnls(triangle, target)[0]
    return codes
