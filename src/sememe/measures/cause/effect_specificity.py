"""Effect specificity: whether a unit acts on one class or on all."""

import numpy as np
from jaxtyping import Bool, Float, Real

from sememe.measures.cause.effect_totals import EffectTotals, effect_sums
from sememe.measures.record import measure


def _from_totals(totals: EffectTotals) -> Float[np.ndarray, "... units"]:
    with np.errstate(invalid="ignore", divide="ignore"):
        share = totals.effect / totals.effect.sum(axis=-1, keepdims=True)
    entropy = -(share * np.log(np.where(share > 0, share, 1.0))).sum(axis=-1)
    return 1.0 - entropy / np.log(totals.effect.shape[-1])


@measure(
    title="Specificity of the effect",
    family="cause",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"1 - \frac{H(p)}{\log C},"
    r" \quad p_c = \frac{\sum_i |\Delta z_{ic}|}{\sum_{i, c'} |\Delta z_{ic'}|}",
    source="entropy of the absolute effect over classes, normalised",
    dead="NaN",
    needs=("codes", "logits"),
    totals="effect",
    from_totals=_from_totals,
)
def effect_specificity(
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "units images classes"],
    fires: Bool[np.ndarray, "images units"] | None = None,
) -> Float[np.ndarray, " units"]:
    """One less the normalised entropy over classes of how far the logits move when a unit is ablated.

    Args:
        before: ``(images, classes)``, logits of the network (with the reconstruction in place, for a
            component).
        after: ``(units, images, classes)``, with each unit ablated in turn: to zero, its mean, or a resampled
            code.
        fires: ``(images, units)``: the images that count for a unit; None: all.

    Returns:
        ``(units,)`` in 0..1: 0 every logit moves alike, 1 one class only; higher is better. A unit without an
        effect, a dead one among them, gets NaN.

    Raises:
        MeasureError: shapes that differ, or logits that are not finite.

    >>> before = np.zeros((1, 2))
    >>> effect_specificity(before, np.array([[[1.0, 0.0]], [[1.0, -1.0]], [[0.0, 0.0]]]))
    array([ 1.,  0., nan])
    """
    return _from_totals(effect_sums(before, after, fires).totals())
