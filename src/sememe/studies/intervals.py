"""A number from several seeds: their mean, and how far another choice of seeds would move it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit


@dataclass(frozen=True)
class Mean:
    """A mean over seeds with its 95 % interval."""

    value: float
    low: float
    """NaN where there is one seed: it says nothing about others."""
    high: float
    n: int
    """Seeds."""

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "–"
        if math.isnan(self.low):
            return f"{self.value:.2f}"
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def over_seeds(values: Sequence[float], least: float = -math.inf, greatest: float = math.inf) -> Mean:
    """The mean of one value a seed, with the interval of Student's t; values that are NaN do not count.

    The interval is cut at the ``least`` and the ``greatest`` value that there can be.

    >>> mean = over_seeds([1.0, 2.0, 3.0])
    >>> mean.value, round(mean.low, 3), round(mean.high, 3), mean.n
    (2.0, -0.484, 4.484, 3)
    """
    known = np.asarray([value for value in values if not math.isnan(value)], np.float64)
    if known.size == 0:
        return Mean(float("nan"), float("nan"), float("nan"), 0)
    value = float(known.mean())
    if known.size == 1:
        return Mean(value, float("nan"), float("nan"), 1)
    reach = float(stdtrit(known.size - 1, 0.975)) * float(known.std(ddof=1)) / math.sqrt(known.size)
    return Mean(value, max(least, value - reach), min(greatest, value + reach), int(known.size))
