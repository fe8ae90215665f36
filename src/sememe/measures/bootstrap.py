"""Intervals: a bootstrap over images, units and seeds together.

**Images.** They are dealt at random into groups of equal size (100), and a replicate draws as many groups as
there are, with replacement. All items of an image are in its group, so that positions of one image, which
resemble each other, come and go together. A replicate then is a weighted sum of the groups' sums
(``totals.py``): one matrix product for all replicates. The same draws serve every unit set, so what two sets
share (an odd image, an easy one) falls out of their difference: the comparison is paired.

**Units.** A replicate also draws units with replacement, since another initialisation would have given
others. Two sets with the same number of units get the same draws; where their units correspond (neurons, and
neurons that keep their largest) that pairs them too. Seeds of one setting draw theirs apart.

**Seeds.** Where a setting was fitted with several seeds, a replicate draws seeds with replacement and
averages (:func:`over_seeds`). All unit sets share the draws: those of one network come and go together, as
they should. Units and seeds that have nothing to do with each other are paired by their number only; their
covariance is zero on average, so such a pairing costs precision in the estimated spread, which the degrees of
freedom allow for, and no bias.

A value's interval is where the middle 95 % of its replicates lie **about their own mean**, moved to the
value. A score that takes a maximum or a distance between distributions is lifted by the chance of a finite
sample, and lifted again by resampling it, so that the raw replicates can lie above the value altogether. The
interval thus says how far the score would move with other images and units, as many; how far chance alone
lifts it is what the null beside the score shows. A difference's interval is the difference plus or minus
Student's t times the replicates' standard deviation, and p belongs to that same interval; so p is not limited
to multiples of one over the number of replicates, which a correction for many tests could not work with.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from scipy.special import stdtr, stdtrit

from sememe.errors import MeasureError

LEVEL = 0.95
LEAST_IMAGES = 20
"""Fewer groups than this say too little about their own spread."""
ROUNDING = 1e-9
"""Scores that differ by less are the same: what is left of two sums that are equal in exact arithmetic."""


@dataclass(frozen=True, eq=False)
class Resampling:
    """Which images go together, and how often each replicate counts them."""

    group: Int[np.ndarray, " images"]
    """The group of each image."""
    weights: Float[np.ndarray, "replicates groups"]
    """How often each replicate drew each group."""
    seed: int
    whose_units: tuple[int, ...] = ()
    """Names the draws of units; seeds of one setting, whose units are others, draw them apart."""

    @property
    def n_groups(self) -> int:
        return self.weights.shape[1]

    @property
    def replicates(self) -> int:
        return self.weights.shape[0]

    def unit_weights(self, n_units: int) -> Float[np.ndarray, "replicates units"]:
        """How often each replicate draws each unit; the same for sets of as many units, on one seed."""
        rng = np.random.default_rng([self.seed, 1, n_units, *self.whose_units])
        return _draws(rng, n_units, self.replicates)

    def for_units(self, *seed: int) -> "Resampling":
        """The same images, and draws of units of their own: ``for_units(network, dictionary)``."""
        return replace(self, whose_units=seed)

    def seed_weights(self, n_seeds: int, level: int = 0) -> Float[np.ndarray, "replicates seeds"]:
        """How often each replicate draws each seed; seeds of another level (networks) are drawn apart."""
        return _draws(np.random.default_rng([self.seed, 2, n_seeds, level]), n_seeds, self.replicates)


def resample(n_images: int, *, replicates: int = 400, groups: int = 100, seed: int = 0) -> Resampling:
    """Deal ``n_images`` images into groups and draw the replicates.

    Raises:
        MeasureError: fewer than 20 images or groups.
    """
    if min(n_images, groups) < LEAST_IMAGES:
        raise MeasureError(
            f"A bootstrap over {n_images} images in {groups} groups says nothing: "
            f"it needs at least {LEAST_IMAGES}."
        )
    if replicates < 2:
        raise MeasureError(f"A bootstrap needs at least 2 replicates; got {replicates}.")
    rng = np.random.default_rng([seed, 0])
    n_groups = min(groups, n_images)
    group = np.empty(n_images, np.int64)
    group[rng.permutation(n_images)] = np.arange(n_images) % n_groups
    return Resampling(group=group, weights=_draws(rng, n_groups, replicates), seed=seed)


def _draws(rng: np.random.Generator, n: int, replicates: int) -> Float[np.ndarray, "replicates n"]:
    return rng.multinomial(n, np.full(n, 1 / n), size=replicates).astype(np.float64)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A number and its replicates. NaN where it is not defined; then so are its bounds."""

    value: float
    replicates: Float[np.ndarray, " replicates"]
    by_seed: Float[np.ndarray, " seeds"] = field(default_factory=lambda: np.empty(0))
    """The values that were pooled, where there were several seeds."""

    @property
    def low(self) -> float:
        """Lower end of the 95 % interval."""
        return self._interval[0]

    @property
    def high(self) -> float:
        """Upper end of the 95 % interval."""
        return self._interval[1]

    @cached_property
    def _interval(self) -> tuple[float, float]:
        known = self.replicates[~np.isnan(self.replicates)]
        if known.size == 0 or math.isnan(self.value):
            return float("nan"), float("nan")
        low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) - known.mean()
        return self.value + float(low), self.value + float(high)


@dataclass(frozen=True)
class Difference:
    """One estimate less another that shares its resampled images."""

    value: float
    low: float
    high: float
    p: float
    """Two-sided; 1 where both are the same number but for rounding."""


def difference(first: Estimate, second: Estimate, degrees: int) -> Difference:
    """``first - second`` with its 95 % interval and p, by Student's t.

    Args:
        first, second: estimates with the same resampling.
        degrees: of freedom: the least of the numbers that were drawn from (groups of images and, for a mean
            over units, units of either set), less one. Where seeds were pooled, the few of them count as far
            as they carry the variance (Welch-Satterthwaite).

    Raises:
        MeasureError: estimates from different numbers of replicates, which cannot share images.
    """
    if first.replicates.shape != second.replicates.shape:
        raise MeasureError(
            f"Estimates of {first.replicates.size} and {second.replicates.size} replicates cannot be paired: "
            "evaluate both with the same resampling."
        )
    value = first.value - second.value
    spread = first.replicates - second.replicates
    spread = spread[~np.isnan(spread)]
    if math.isnan(value) or spread.size < 2:
        return Difference(*[float("nan")] * 4)
    error = float(spread.std(ddof=1))
    if abs(value) < ROUNDING and error < ROUNDING:
        return Difference(value, value, value, 1.0)
    if error == 0.0:
        return Difference(value, value, value, 0.0)
    freedom = _degrees(error**2, [first.by_seed, second.by_seed], max(degrees, 1))
    reach = error * float(stdtrit(freedom, (1 + LEVEL) / 2))
    return Difference(value, value - reach, value + reach, float(2 * stdtr(freedom, -abs(value) / error)))


def _degrees(variance: float, by_seed: Sequence[Float[np.ndarray, "..."]], degrees: int) -> float:
    """Degrees of freedom of a variance that is partly one between a few seeds."""
    parts = [
        (float(values.var(ddof=1)) / values.size, values.size - 1) for values in by_seed if values.size > 1
    ]
    share = sum(part for part, _ in parts)
    # Seeds that both sets share fall out of the difference: they cannot carry more than all of its variance.
    scale = min(1.0, variance / share) if share > 0 else 0.0
    below = sum((scale * part) ** 2 / own for part, own in parts) + (variance - scale * share) ** 2 / degrees
    return variance**2 / below


def over_seeds(estimates: Sequence[Estimate], resampling: Resampling, level: int = 0) -> Estimate:
    """One estimate of a setting from several seeds: the mean, and seeds drawn anew in each replicate.

    For seeds within seeds (dictionaries on networks) pool the inner ones first, as level 0, then the outer
    ones, as level 1: what is drawn at one says nothing of the other. A handful drawn with replacement
    scatters too little, by ``(seeds - 1) / seeds``; the draws are stretched by as much.
    """
    if not estimates:
        raise MeasureError("There is no seed to pool: give at least one estimate.")
    if len(estimates) == 1:
        return estimates[0]
    n_seeds = len(estimates)
    values = np.array([estimate.value for estimate in estimates])
    stacked = np.stack([estimate.replicates for estimate in estimates], axis=1)
    stretch = math.sqrt(n_seeds / (n_seeds - 1))
    weights = 1.0 + stretch * (resampling.seed_weights(n_seeds, level) - 1.0)
    return Estimate(float(values.mean()), (weights * stacked).mean(axis=1), by_seed=values)


def holm(p: Float[np.ndarray, " tests"]) -> Float[np.ndarray, " tests"]:
    """Holm's correction: p values such that rejecting those below 0.05 errs in 5 % of families at most.

    NaN is no test: it stays NaN and does not count.

    >>> holm(np.array([0.01, 0.04, 0.03]))
    array([0.03, 0.06, 0.06])
    """
    adjusted = np.full(p.shape, np.nan)
    tests = np.flatnonzero(~np.isnan(p))
    order = tests[np.argsort(p[tests], kind="stable")]
    factors = np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0) if order.size else []
    return adjusted
