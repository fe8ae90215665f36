"""Embeddings as the measures of similarity see them: of unit length, centred first or not."""

import numpy as np
from jaxtyping import Float, Real

from sememe.errors import MeasureError


def unit_length(
    embeddings: Real[np.ndarray, "items embedding"],
    mean: Float[np.ndarray, " embedding"] | None = None,
) -> Float[np.ndarray, "items embedding"]:
    """Each row less ``mean`` (where given), divided by its length, in float64.

    A row of zeros has no direction. It stays zero, so that its cosine with anything, itself included, counts
    as 0.
    """
    if not np.isfinite(embeddings).all():
        bad = int((~np.isfinite(embeddings).all(axis=1)).sum())
        raise MeasureError(f"{bad:,} of {embeddings.shape[0]:,} embeddings hold NaN or infinite values.")
    rows = embeddings.astype(np.float64)
    if mean is not None:
        rows -= mean
    length = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return np.divide(rows, length, out=np.zeros_like(rows), where=length > 0)
