"""Simulation score: how well a unit's activation on new items is told from exemplars."""

import numpy as np
from jaxtyping import Float, Real

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked, is_sparse
from sememe.measures.rank_totals import RankSums, RankTotals
from sememe.measures.record import measure

INTERVALS = 10


def _from_totals(totals: RankTotals) -> Float[np.ndarray, "... units"]:
    return totals.correlation()


@measure(
    title="Exemplar simulation",
    family="simulation",
    level="unit",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\rho_{\text{Spearman}}(a, \hat a)",
    source="Bricken et al. 2023, Towards Monosemanticity: automated interpretability; the reader is a kernel",
    dead="NaN",
    needs=("codes", "embeddings", "exemplars"),
    totals="simulation",
    from_totals=_from_totals,
)
def simulation_score(codes: Codes, predicted: Real[np.ndarray, "rows units"]) -> Float[np.ndarray, " units"]:
    """Spearman's rank correlation of a unit's codes with what exemplars predict of them.

    The prediction comes from :func:`~sememe.measures.simulate`, from exemplars of the split that the
    dictionary was fitted on; the codes are on another split. A signed unit is one scale, from its strongest
    negative code to its strongest positive one.

    Args:
        codes: ``(items, units)``, dense or CSR, of any sign.
        predicted: ``(items, units)``.

    Returns:
        ``(units,)`` in -1..1; higher is better, 0 chance. A dead or constant unit, and one whose prediction
        is the same for all items, gets NaN. Unchanged when a unit is scaled by a positive number. Most codes
        of a sparse unit are 0 and share a rank, so even a perfect guess of whether it fires stays below 1.

    Raises:
        MeasureError: shapes that differ, or values that are not finite.

    Source: Bricken et al. 2023, Towards Monosemanticity, automated interpretability.

    >>> simulation_score(np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([[0.1], [0.3], [0.2], [0.9]]))
    array([0.8])
    """
    return _from_totals(simulation_sums(codes, predicted).totals())


def simulation_sums(
    codes: Codes,
    predicted: Real[np.ndarray, "rows units"],
    group: np.ndarray | None = None,
    n_groups: int = 1,
) -> RankSums:
    """The sums that an evaluation takes: ``evaluate(..., also={"simulation": simulation_sums(...)})``."""
    return RankSums(*_both(codes, predicted), group, n_groups)


def simulation_by_interval(
    codes: Codes, predicted: Real[np.ndarray, "rows units"]
) -> Float[np.ndarray, "intervals units"]:
    """How far up the prediction puts the items of each activation interval, weakest first.

    The mean, over items whose ``|code|`` lies in an interval of ten equal ones, of the share of silent items
    that are predicted below them (ties count half). 1: all told from silence; 0.5: chance; NaN: no such item,
    or no silent one.

    >>> codes, predicted = np.array([[0.0], [0.0], [0.1], [1.0]]), np.array([[0.0], [0.4], [0.2], [0.5]])
    >>> simulation_by_interval(codes, predicted)[[0, 9], 0]
    array([0.5, 1. ])
    """
    values, guessed = _both(abs(codes), predicted)
    scores = np.full((INTERVALS, values.shape[1]), np.nan)
    for u in range(values.shape[1]):
        silent = np.sort(guessed[values[:, u] == 0, u])
        fires = np.flatnonzero(values[:, u])
        if silent.size == 0 or fires.size == 0:
            continue
        below = np.searchsorted(silent, guessed[fires, u], "left") + np.searchsorted(
            silent, guessed[fires, u], "right"
        )
        height = values[fires, u] / values[:, u].max()
        interval = np.clip(np.ceil(height * INTERVALS - 1e-6).astype(np.int64) - 1, 0, INTERVALS - 1)
        for k in np.unique(interval):
            scores[k, u] = below[interval == k].mean() / (2 * silent.size)
    return scores


def _both(codes: Codes, predicted: Real[np.ndarray, "rows units"]) -> tuple[np.ndarray, np.ndarray]:
    codes = checked(codes)
    if codes.shape != predicted.shape:
        raise MeasureError(f"The codes have the shape {codes.shape} and the predictions {predicted.shape}.")
    if not np.isfinite(predicted).all():
        raise MeasureError(f"{int((~np.isfinite(predicted)).sum())} of the predictions are NaN or infinite.")
    return codes.toarray() if is_sparse(codes) else codes, predicted
