"""Counterfactual response: under an edit the units that claim it should move, and others stay."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Estimate, Resampling
from sememe.measures.codes import Codes, checked, is_sparse, squared, sums_by_key
from sememe.measures.record import measure
from sememe.measures.totals import Weights, group_of, weighted


@dataclass(frozen=True, eq=False)
class MovementTotals:
    """Sums over pairs of images; ``...`` is empty or the axis of replicates."""

    claims: Bool[np.ndarray, " units"]
    change: Float[np.ndarray, "... units"]
    """Sum of the squared change of a unit's code."""
    power: Float[np.ndarray, "... units"]
    """Mean of the sums of its squared codes before and after."""

    def movement(self) -> Float[np.ndarray, "... units"]:
        """Root mean square change over root mean square code; NaN where a unit never fires."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sqrt(self.change / self.power)


class MovementSums:
    """Accumulates :class:`MovementTotals`, group by group."""

    def __init__(self, claims: Bool[np.ndarray, " units"], n_groups: int = 1) -> None:
        self.claims, self.n_groups = claims, n_groups
        self._change, self._power = np.zeros((2, n_groups, claims.shape[0]))

    def update(self, codes: Codes, edited: Codes, group: Int[np.ndarray, " items"] | None = None) -> None:
        """Add items: their codes as they are, and edited."""
        if codes.shape != edited.shape:
            raise MeasureError(
                f"Codes have the shape {codes.shape} before the edit and {edited.shape} after it."
            )
        if codes.shape[1] != self.claims.shape[0]:
            raise MeasureError(f"There are {codes.shape[1]} units but claims of {self.claims.shape[0]}.")
        codes, edited = checked(codes), checked(edited)
        if is_sparse(codes) != is_sparse(edited):
            raise MeasureError("Give codes before and after the edit in one layout, both dense or both CSR.")
        group = group_of(group, codes.shape[0], self.n_groups)
        change, before, after = (
            sums_by_key(group, self.n_groups, squared(part)) for part in (codes - edited, codes, edited)
        )
        self._change += change
        self._power += (before + after) / 2

    def totals(self, weights: Weights = None) -> MovementTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        return MovementTotals(self.claims, weighted(self._change, weights), weighted(self._power, weights))


def movement_sums(
    codes: Codes,
    edited: Codes,
    claims: Bool[np.ndarray, " units"],
    group: Int[np.ndarray, " items"] | None = None,
    n_groups: int = 1,
) -> MovementSums:
    """All items, for an interval: ``response_estimate(movement_sums(...), resampling)``."""
    sums = MovementSums(claims, n_groups)
    sums.update(codes, edited, group)
    return sums


def response_estimate(sums: MovementSums, resampling: Resampling) -> Estimate:
    """The response, with replicates that draw images and units.

    The two draws have nothing to do with each other, so what they move is added.
    """
    whole = sums.totals()
    value, by_images = float(_from_totals(whole)), _from_totals(sums.totals(resampling.weights))
    by_units = _from_totals(whole, resampling.unit_weights(sums.claims.size))
    return Estimate(value, by_images + by_units - value)


def _from_totals(
    totals: MovementTotals, times: Float[np.ndarray, "replicates units"] | None = None
) -> Float[np.ndarray, "..."]:
    """The formula, with each unit counted once or as often as each replicate drew it."""
    moved = totals.movement()
    known = ~np.isnan(moved)

    def mean(those: Bool[np.ndarray, " units"]) -> Float[np.ndarray, "..."]:
        weight = (known & those) * (1.0 if times is None else times)
        return np.asarray((weight * np.where(known, moved, 0.0)).sum(axis=-1) / weight.sum(axis=-1))

    with np.errstate(invalid="ignore", divide="ignore"):
        claiming, rest = mean(totals.claims), mean(~totals.claims)
        return np.asarray((claiming - rest) / (claiming + rest))


@measure(
    title="Counterfactual response",
    family="cause",
    level="set",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{m_{\text{claim}} - m_{\text{rest}}}{m_{\text{claim}} + m_{\text{rest}}}",
    source="edits in the manner of Castro et al. 2019, Morpho-MNIST (arXiv 1809.10780)",
    needs=("codes", "concepts"),
    totals="movement",
    from_totals=_from_totals,
)
def counterfactual_response(codes: Codes, edited: Codes, claims: Bool[np.ndarray, " units"]) -> float:
    """How much more the units that claim a concept move under an edit of it than all others do.

    A unit's movement is the root mean square change of its code over pairs of images, in units of its own
    root mean square code, so that loud units do not count for more. ``m`` is the mean over the claiming
    units, and over the rest.

    Args:
        codes: ``(items, units)``, dense or CSR, of the images as they are.
        edited: the same of the edited images, item by item.
        claims: ``(units,)``: whose best concept is the one that the edit changes.

    Returns:
        -1..1: 1 the claiming units move alone, 0 all move alike; higher is better. NaN if no unit claims the
        concept, all do, or none moves. Units that never fire, before or after, are left out.

    Raises:
        MeasureError: shapes that differ, or codes that are not finite.

    >>> codes, edited = np.array([[1.0, 1.0]]), np.array([[0.0, 1.0]])
    >>> counterfactual_response(codes, edited, np.array([True, False]))
    1.0
    """
    return float(_from_totals(movement_sums(codes, edited, claims).totals()))


def movement(codes: Codes, edited: Codes) -> Float[np.ndarray, " units"]:
    """Root mean square change of each unit's code over its root mean square code; NaN if dead.

    >>> movement(np.array([[2.0, 0.0]]), np.array([[0.0, 0.0]])).round(4)
    array([1.4142,    nan])
    """
    return movement_sums(codes, edited, np.zeros(codes.shape[1], bool)).totals().movement()
