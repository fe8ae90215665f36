"""Non-negative least squares for many items at once."""

import numpy as np
from jaxtyping import Float32, Float64


def non_negative_codes(
    x: Float32[np.ndarray, "items neurons"], atoms: Float32[np.ndarray, "components neurons"], n_sweeps: int
) -> Float32[np.ndarray, "items components"]:
    """Codes ``>= 0`` that minimise ``||x - codes @ atoms||^2``, by coordinate descent.

    Each sweep sets every code in turn to its best value while the others stay (Cichocki & Phan 2009, HALS);
    codes that should be zero are zero exactly. Computed in float64; atoms of length 0 get codes of 0.
    """
    wide = atoms.astype(np.float64)
    projections, gram = x @ wide.T, wide @ wide.T
    codes: Float64[np.ndarray, "components items"] = np.zeros((len(atoms), len(x)))
    targets = np.ascontiguousarray(projections.T)
    for _ in range(n_sweeps):
        for j in np.flatnonzero(gram.diagonal() > 0):
            step = (targets[j] - gram[j] @ codes) / gram[j, j]
            codes[j] = np.maximum(codes[j] + step, 0)
    return np.ascontiguousarray(codes.T, dtype=np.float32)
