"""Flip rate: how often the network changes its mind when a unit is taken away."""

import numpy as np
from jaxtyping import Bool, Float, Real

from sememe.measures.cause.effect_totals import EffectTotals, effect_sums
from sememe.measures.record import measure


def _from_totals(totals: EffectTotals) -> Float[np.ndarray, "... units"]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return totals.flips / totals.images


@measure(
    title="Flip rate",
    family="cause",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=None,
    formula=r"\frac{1}{|A|} \left|\{i \in A: \arg\max z'_i \ne \arg\max z_i\}\right|",
    source="share of changed predictions among the images that fire the unit",
    dead="NaN",
    needs=("codes", "logits"),
    totals="effect",
    from_totals=_from_totals,
)
def flip_rate(
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "units images classes"],
    fires: Bool[np.ndarray, "images units"] | None = None,
) -> Float[np.ndarray, " units"]:
    """Share of the images that fire a unit whose predicted class changes when the unit is ablated.

    Args:
        before: ``(images, classes)``, logits of the network (with the reconstruction in place, for a
            component).
        after: ``(units, images, classes)``, with each unit ablated in turn.
        fires: ``(images, units)``: the images that count for a unit; None: all.

    Returns:
        ``(units,)`` in 0..1. Neither direction is better: few large units flip more than many small ones. A
        unit that no image fires gets NaN.

    Raises:
        MeasureError: shapes that differ, or logits that are not finite.

    >>> before = np.array([[1.0, 0.0], [1.0, 0.0]])
    >>> flip_rate(before, np.array([[[0.0, 1.0], [1.0, 0.0]]]))
    array([0.5])
    """
    return _from_totals(effect_sums(before, after, fires).totals())
