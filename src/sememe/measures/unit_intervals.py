"""How far the score of a single unit would move with other images: a 95 % interval for each unit.

The same interval as that of a mean over units (``bootstrap.py``): where the middle 95 % of the replicates lie
about their own mean, moved to the score; but only images are drawn, since the unit is given. What would reach
beyond the measure's range is cut off there.

A replicate in which the unit never fires has no score. Where that happens to more than 5 % of the replicates
(the unit fires on images of one or two groups), no 95 % can be told, and the interval is NaN: the replicates
that are left would mostly repeat the same few firings and look certain.
"""

import numpy as np
from jaxtyping import Float

from sememe.measures.bootstrap import LEVEL


def unit_intervals(
    values: Float[np.ndarray, " units"],
    drawn: Float[np.ndarray, "replicates units"],
    bounds: tuple[float, float],
) -> tuple[Float[np.ndarray, " units"], Float[np.ndarray, " units"]]:
    """Lower and upper ends of the 95 % interval of each unit's score.

    Args:
        values: the scores; NaN for a unit without one, which then has no interval either.
        drawn: the scores on resampled images; NaN where a replicate has none.
        bounds: least and greatest score that there can be.

    >>> low, high = unit_intervals(np.array([0.5]), np.linspace(0.2, 0.6, 41)[:, None], (0.0, 1.0))
    >>> low.round(3), high.round(3)
    (array([0.31]), array([0.69]))
    """
    replicates = drawn.shape[0]
    ordered = np.ascontiguousarray(drawn.T)
    missing = np.isnan(ordered)
    known = replicates - missing.sum(axis=1)
    total = np.where(missing, 0.0, ordered).sum(axis=1)
    ordered.sort(axis=1)  # NaN last
    told = (known >= LEVEL * replicates) & ~np.isnan(values)
    middle = values - total / np.maximum(known, 1)
    ends = []
    for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        end = np.clip(middle + _quantile(ordered, known, share), *bounds)
        ends.append(np.where(told, end, np.nan))
    return ends[0], ends[1]


def _quantile(
    ordered: Float[np.ndarray, "units replicates"], known: np.ndarray, share: float
) -> Float[np.ndarray, " units"]:
    """By linear interpolation between the ``known`` first of each row, as ``np.quantile`` does it."""
    place = share * np.maximum(known - 1, 0)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(known - 1, 0))
    units = np.arange(known.size)
    start, stop = ordered[units, below], ordered[units, above]
    return np.asarray(start + (place - below) * (stop - start))
