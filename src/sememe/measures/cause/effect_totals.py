"""The sums behind specificity and flip rate: how much each logit moves when a unit is ablated.

Only the images on which a unit fires count: elsewhere zero-ablation changes nothing, and would only dilute.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Real

from sememe.errors import MeasureError
from sememe.measures.totals import Weights, group_of, weighted


@dataclass(frozen=True, eq=False)
class EffectTotals:
    """Sums over the images that fire a unit; ``...`` is empty or the axis of replicates."""

    effect: Float[np.ndarray, "... units classes"]
    """Sum of the absolute change of each logit."""
    flips: Float[np.ndarray, "... units"]
    """Images whose predicted class changes."""
    images: Float[np.ndarray, "... units"]


class EffectSums:
    """Accumulates :class:`EffectTotals`, unit by unit or all at once, group by group."""

    def __init__(self, n_units: int, n_classes: int, n_groups: int = 1) -> None:
        self.n_groups = n_groups
        self._effect = np.zeros((n_groups, n_units, n_classes))
        self._flips = np.zeros((n_groups, n_units))
        self._images = np.zeros((n_groups, n_units))

    def update(
        self,
        unit: int,
        before: Real[np.ndarray, "images classes"],
        after: Real[np.ndarray, "images classes"],
        fires: Bool[np.ndarray, " images"] | None = None,
        group: Int[np.ndarray, " images"] | None = None,
    ) -> None:
        """Add images for one unit: logits before and after its ablation, and where it fires (None: all)."""
        if before.shape != after.shape:
            raise MeasureError(
                f"Logits before ablation have the shape {before.shape}, after it {after.shape}."
            )
        if not (np.isfinite(before).all() and np.isfinite(after).all()):
            raise MeasureError(f"Logits around the ablation of unit {unit} are NaN or infinite.")
        group = group_of(group, before.shape[0], self.n_groups)
        rows = np.arange(before.shape[0]) if fires is None else np.flatnonzero(fires)
        change = np.abs(np.subtract(after[rows], before[rows], dtype=np.float64))
        for c in range(before.shape[1]):
            self._effect[:, unit, c] += np.bincount(group[rows], change[:, c], self.n_groups)
        flipped = after[rows].argmax(axis=1) != before[rows].argmax(axis=1)
        self._flips[:, unit] += np.bincount(group[rows], flipped, self.n_groups)
        self._images[:, unit] += np.bincount(group[rows], minlength=self.n_groups)

    def totals(self, weights: Weights = None) -> EffectTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        return EffectTotals(
            effect=weighted(self._effect, weights),
            flips=weighted(self._flips, weights),
            images=weighted(self._images, weights),
        )


def effect_sums(
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "units images classes"],
    fires: Bool[np.ndarray, "images units"] | None = None,
    group: Int[np.ndarray, " images"] | None = None,
    n_groups: int = 1,
) -> EffectSums:
    """All units at once; what an evaluation takes: ``evaluate(..., also={"effect": effect_sums(...)})``."""
    sums = EffectSums(after.shape[0], before.shape[1], n_groups)
    for unit in range(after.shape[0]):
        sums.update(unit, before, after[unit], None if fires is None else fires[:, unit], group)
    return sums
