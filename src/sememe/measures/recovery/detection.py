"""Which unit stands for which planted feature, and how often both are there: for precision, recall and F1."""

import numpy as np
from jaxtyping import Bool, Float, Real

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, check_items, checked, fired, is_sparse
from sememe.measures.matching import best_matching, cosines


def matched_counts(
    codes: Codes,
    components: Real[np.ndarray, "components neurons"],
    present: Bool[np.ndarray, "rows features"],
    truth: Real[np.ndarray, "features neurons"],
) -> Float[np.ndarray, "3 features"]:
    """For each feature: items with it that fire its unit, firings of that unit, items with it."""
    check_items(codes.shape[0], present.shape[0])
    if codes.shape[1] != components.shape[0] or present.shape[1] != truth.shape[0]:
        raise MeasureError(
            f"{codes.shape[1]} units against {components.shape[0]} atoms, {present.shape[1]} columns of "
            f"presence against {truth.shape[0]} planted features: each must be as many."
        )
    features, units = best_matching(cosines(truth, components))
    fires = fired(checked(codes)).astype(np.float64)
    fires = (fires.tocsc()[:, units].toarray() if is_sparse(fires) else fires[:, units]) > 0
    counts = np.zeros((3, truth.shape[0]))
    counts[0, features] = (fires & present[:, features]).sum(axis=0)
    counts[1, features] = fires.sum(axis=0)
    counts[2] = present.sum(axis=0)
    return counts


def mean_share(
    above: Float[np.ndarray, " features"], below: Float[np.ndarray, " features"], counted: np.ndarray
) -> float:
    """Mean share over the features that occur; 0 where there is nothing to divide by."""
    shares = np.divide(above, below, out=np.zeros_like(above), where=below > 0)
    return float(shares[counted].mean()) if counted.any() else float("nan")
