"""Comparing like with like: a family's scores at a given fidelity, or at a given sparsity.

A sweep over sparsity and width gives a family of points, each with an FVU, an L0 and its scores. Its
**frontier** are the points that no other point of the family beats or equals in both FVU and L0. Scores play
no part in that choice, so no width is picked because it happened to score well on the very images that are
reported.

At a target, scores are interpolated linearly between the two neighbouring points of the frontier, in log FVU,
log L0 or log of the loss that is lost; replicate by replicate, each at its own FVU and L0, so that intervals
carry over. Nothing is extrapolated: beyond the last point a score stays what it is there, and
:attr:`Match.status` says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Real

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Estimate
from sememe.measures.evaluation import Evaluation

LEAST = 1e-4
"""FVU and lost loss below this count as this: the logarithm of an exact reconstruction would be infinite."""
SLACK = 0.02
"""A sweep's last point within 2 % of the target is at the target."""

Quantity = Literal["fvu", "l0", "loss_recovered[zero]", "loss_recovered[mean]"]


@dataclass(frozen=True)
class Target:
    """Where unit sets are compared: ``Target("fvu", 0.05)``, ``Target("l0", 8)``."""

    quantity: Quantity
    value: float

    def __str__(self) -> str:
        return f"{self.quantity}={self.value:g}"

    def coordinate(self, quantity: Real[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
        """The scale on which scores are interpolated; smaller is more faithful, or sparser."""
        lost = 1.0 - quantity if self.quantity.startswith("loss_recovered") else quantity
        return np.asarray(np.log(np.maximum(lost, LEAST)))


@dataclass(frozen=True, eq=False)
class Match:
    """A family at a target: which points stand for it, and with what weights."""

    target: Target
    status: Literal["matched", "exceeds", "unreached"]
    """``matched``: interpolated between points on both sides, or at one. ``exceeds``: every point is more
    faithful than asked (neurons lose nothing); its least faithful one stands for it. Or every point is
    sparser than asked and the most faithful one loses nothing (neurons that fire seldom): that one does.
    ``unreached``: it never gets there; the nearest point stands for it and is not compared."""
    points: tuple[Evaluation, ...]
    """The frontier, most faithful (or sparsest) first."""
    weights: Float[np.ndarray, " points"]
    drawn: Float[np.ndarray, "replicates points"]
    """The weights in each replicate."""

    @property
    def reached(self) -> bool:
        return self.status != "unreached"

    @property
    def nearest(self) -> Evaluation:
        """The point with the greatest weight."""
        return self.points[int(self.weights.argmax())]

    @property
    def best(self) -> float:
        """The nearest that the family comes to the target, in the target's own quantity."""
        return self.nearest.sets[self.target.quantity].value

    @property
    def needed(self) -> tuple[Evaluation, ...]:
        """The points with a weight, as they are or in some replicate: whose scores the target asks for."""
        used = (self.weights > 0) | (self.drawn > 0).any(axis=0)
        return tuple(point for point, taken in zip(self.points, used, strict=True) if taken)

    def shared(self, level: Literal["units", "sets"]) -> list[str]:
        """The measures of units, or of the whole set, that every point has that is needed."""
        return [
            key
            for key in getattr(self.nearest, level)
            if all(key in getattr(point, level) for point in self.needed)
        ]

    def estimate(self, points: Sequence[Estimate | None]) -> Estimate:
        """A score of each point of the frontier -> the score at the target; None for a point not needed."""
        present = [point for point in points if point is not None]
        values = np.array([[np.nan if point is None else point.value for point in points]])
        value = _mix(self.weights[None], values)[0]
        nothing = np.full(present[0].replicates.shape, np.nan)
        drawn = np.stack([nothing if point is None else point.replicates for point in points], axis=1)
        sizes = {point.by_seed.size for point in present}
        if len(sizes) > 1 or 0 in sizes:
            return Estimate(float(value), _mix(self.drawn, drawn))
        no_seeds = np.full(sizes.pop(), np.nan)
        seeds = np.array([no_seeds if point is None else point.by_seed for point in points]).T
        by_seed = _mix(np.broadcast_to(self.weights, seeds.shape), seeds)
        return Estimate(float(value), _mix(self.drawn, drawn), by_seed=by_seed)

    def units(self, key: str, mean: Literal["mean", "alive", "corrected"] = "mean") -> Estimate:
        """A measure of units at the target."""
        scores = [point.units.get(key) for point in self.points]
        return self.estimate([None if score is None else getattr(score, mean) for score in scores])

    def whole(self, key: str) -> Estimate:
        """A measure of the whole set at the target."""
        return self.estimate([point.sets.get(key) for point in self.points])

    def null(self, key: str) -> float:
        """The mean null of a measure of units at the target; NaN where it has none."""
        nulls = [point.units[key].null if key in point.units else np.full(1, np.nan) for point in self.points]
        means = [float(np.nanmean(null)) if not np.isnan(null).all() else float("nan") for null in nulls]
        return float(_mix(self.weights[None], np.array([means]))[0])

    def quantity(self, key: str) -> float:
        """A measure of the whole set at the target; FVU and L0 on the scale of the interpolation."""
        values = np.array([point.sets[key].value if key in point.sets else np.nan for point in self.points])
        if key not in ("fvu", "l0") or np.count_nonzero(self.weights) == 1:
            return float(_mix(self.weights[None], values[None])[0])
        return float(np.exp(self.weights @ np.log(np.maximum(values, LEAST))))


def frontier(points: Sequence[Evaluation]) -> list[Evaluation]:
    """The points that no other point beats or equals in both FVU and L0, most faithful first."""
    if not points:
        raise MeasureError("A frontier needs at least one evaluation.")
    place = [
        (point.sets["fvu"].value, point.sets["l0"].value) if "fvu" in point.sets else None for point in points
    ]
    if None in place:
        raise MeasureError(
            f"An evaluation of {points[0].name!r} has no FVU: evaluate it with reconstruction=(x, x_hat)."
        )
    kept: list[Evaluation] = []
    sparsest = float("inf")
    for (_, l0), point in sorted(zip(place, points, strict=True), key=lambda pair: pair[0]):  # type: ignore[arg-type, return-value, misc]
        if l0 < sparsest:
            kept.append(point)
            sparsest = l0
    return kept


def match(points: Sequence[Evaluation], target: Target) -> Match:
    """A family of evaluations at a target.

    Raises:
        MeasureError: an evaluation lacks FVU, or the quantity of the target.
    """
    kept = frontier(points)
    if missing := [point.name for point in kept if target.quantity not in point.sets]:
        raise MeasureError(
            f"An evaluation of {missing[0]!r} has no {target.quantity}, so it cannot be matched on it."
        )
    goal = float(target.coordinate(np.array(target.value)))
    estimates = [point.sets[target.quantity] for point in kept]
    place = target.coordinate(np.array([estimate.value for estimate in estimates]))
    drawn = target.coordinate(np.stack([estimate.replicates for estimate in estimates], axis=1))
    return Match(
        target=target,
        status=_status(place, goal, target, kept[0].sets["fvu"].value),
        points=tuple(kept),
        weights=_weights(place[None], goal)[0],
        drawn=_weights(drawn, goal),
    )


def _status(
    place: Float[np.ndarray, " points"], goal: float, target: Target, least_fvu: float
) -> Literal["matched", "exceeds", "unreached"]:
    if place.min() <= goal + SLACK and place.max() >= goal - SLACK:
        return "matched"
    # More faithful than asked is no reason to be left out. Sparser than asked is another sparsity, unless
    # nothing is lost: then letting more units fire could gain nothing.
    comparable = target.quantity != "l0" or least_fvu <= LEAST
    return "exceeds" if place.max() < goal and comparable else "unreached"


def _weights(place: Float[np.ndarray, "rows points"], goal: float) -> Float[np.ndarray, "rows points"]:
    """Weights of the two points around the goal, row by row; all on the last point beyond the hull."""
    order = np.argsort(place, axis=1, kind="stable")
    ranked = np.take_along_axis(place, order, axis=1)
    n_points = place.shape[1]
    after = (ranked < goal).sum(axis=1)
    rows = np.arange(place.shape[0])
    left, right = np.clip(after - 1, 0, n_points - 1), np.clip(after, 0, n_points - 1)
    gap = ranked[rows, right] - ranked[rows, left]
    share = np.divide(goal - ranked[rows, left], gap, out=np.zeros_like(gap), where=gap > 0)
    weights = np.zeros_like(place)
    np.add.at(weights, (rows, order[rows, left]), 1.0 - share)
    np.add.at(weights, (rows, order[rows, right]), share)
    return weights


def _mix(
    weights: Float[np.ndarray, "rows points"], scores: Float[np.ndarray, "rows points"]
) -> Float[np.ndarray, " rows"]:
    # A point without weight may lack a score; 0 times NaN must not spoil the sum.
    return np.where(weights > 0, weights * scores, 0.0).sum(axis=1)
