"""Means over images with the interval that belongs to them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import stdtrit

from sememe.errors import MeasureError

LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class Means:
    """Means over images, each with its 95 % interval (Student's t); NaN without images."""

    value: Float[np.ndarray, "..."]
    low: Float[np.ndarray, "..."]  # NaN where fewer than two images leave no spread
    high: Float[np.ndarray, "..."]
    n: int  # images


def means(values: Float[np.ndarray, "images ..."]) -> Means:
    """Mean over the first axis, plus and minus Student's t times the standard error.

    Raises:
        MeasureError: values that are not finite.

    >>> found = means(np.array([1.0, 2.0, 3.0]))
    >>> found.value.item(), round(found.low.item(), 3), found.n
    (2.0, -0.484, 3)
    """
    if not np.isfinite(values).all():
        raise MeasureError("Some values to be averaged are NaN or infinite: look at the network first.")
    n = len(values)
    exact = values.astype(np.float64)
    if n == 0:
        nothing = np.full(values.shape[1:], np.nan)
        return Means(nothing, nothing, nothing, 0)
    mean = np.asarray(exact.mean(axis=0))
    if n == 1:
        unknown = np.full(mean.shape, np.nan)
        return Means(mean, unknown, unknown, 1)
    reach = stdtrit(n - 1, (1 + LEVEL) / 2) * exact.std(axis=0, ddof=1) / np.sqrt(n)
    return Means(mean, np.asarray(mean - reach), np.asarray(mean + reach), n)
