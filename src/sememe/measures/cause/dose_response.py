"""Dose-response: whether more activation means more effect."""

import numpy as np
from jaxtyping import Float, Int, Real

from sememe.errors import MeasureError
from sememe.measures.rank_totals import RankSums, RankTotals
from sememe.measures.record import measure


def _from_totals(totals: RankTotals) -> Float[np.ndarray, "... units"]:
    return totals.correlation()


@measure(
    title="Dose-response",
    family="cause",
    level="unit",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\rho_{\text{Spearman}}\big(|a_i|, |\Delta z_{i c^*}|\big),"
    r" \quad c^* = \arg\max_c \sum_i |\Delta z_{ic}|",
    source="rank correlation of activation and effect over the images that fire the unit",
    dead="NaN",
    needs=("codes", "logits"),
    totals="dose",
    from_totals=_from_totals,
)
def dose_response(
    codes: Real[np.ndarray, "images units"],
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "units images classes"],
) -> Float[np.ndarray, " units"]:
    """Spearman's correlation of how strongly a unit fires with how far its ablation moves a logit.

    Args:
        codes: ``(images, units)``, the unit's code on each image (of a conv layer: summed over positions).
            Only the images that fire a unit count for it.
        before: ``(images, classes)``, logits of the network (with the reconstruction in place, for a
            component).
        after: ``(units, images, classes)``, with each unit ablated in turn.

    Returns:
        ``(units,)`` in -1..1; higher is better. A unit that fires on fewer than two images, or always alike,
        gets NaN.

    Raises:
        MeasureError: shapes that differ, or values that are not finite.

    >>> codes, before = np.array([[1.0], [2.0], [3.0]]), np.zeros((3, 2))
    >>> dose_response(codes, before, np.array([[[-0.1, 0.0], [-0.5, 0.0], [-0.9, 0.0]]]))
    array([1.])
    """
    return _from_totals(dose_sums(codes, before, after).totals())


def dose_sums(
    codes: Real[np.ndarray, "images units"],
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "units images classes"],
    group: Int[np.ndarray, " images"] | None = None,
    n_groups: int = 1,
) -> RankSums:
    """What an evaluation takes: ``evaluate(..., also={"dose": dose_sums(...)})``."""
    expected = (codes.shape[1], *before.shape)
    if after.shape != expected or codes.shape[0] != before.shape[0]:
        raise MeasureError(
            f"Codes {codes.shape} and logits {before.shape} call for logits after ablation of the "
            f"shape {expected}; these are {after.shape}."
        )
    if not (np.isfinite(codes).all() and np.isfinite(before).all() and np.isfinite(after).all()):
        raise MeasureError("Some codes or logits are NaN or infinite.")
    change = np.abs(np.subtract(after, before, dtype=np.float64))
    moved = np.take_along_axis(change, change.sum(axis=1).argmax(axis=1)[:, None, None], axis=2)[..., 0].T
    return RankSums(np.abs(codes), moved, group, n_groups, taken=codes != 0)
