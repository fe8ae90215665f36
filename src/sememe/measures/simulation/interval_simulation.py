"""Interval simulation: how far exemplars tell the firings of each activation interval from silence."""

import numpy as np
from jaxtyping import Float, Real

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.simulation.simulation_score import simulation_sums
from sememe.measures.simulation.simulation_totals import SimulationTotals


def _by_interval(totals: SimulationTotals) -> Float[np.ndarray, "... intervals units"]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return totals.told / totals.firings


def _from_totals(totals: SimulationTotals) -> Float[np.ndarray, "... units"]:
    told, filled = _by_interval(totals), totals.firings > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(filled, told, 0.0).sum(axis=-2) / filled.sum(axis=-2)
        return np.clip(mean + totals.passed / totals.silent - totals.value, -1.0, 1.0)


@measure(
    title="Simulation over all activation intervals",
    family="simulation",
    level="unit",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{|K|} \sum_{k \in K} \big(2\,\mathrm{AUC}(\hat a;\ A_k, \text{silent}) - 1\big)",
    source="Bricken et al. 2023, Towards Monosemanticity: activation intervals; Somers 1962, D",
    dead="NaN",
    needs=("codes", "embeddings", "exemplars"),
    totals="simulation",
    from_totals=_from_totals,
)
def interval_simulation(
    codes: Codes, predicted: Real[np.ndarray, "rows units"]
) -> Float[np.ndarray, " units"]:
    """Mean, over ten activation intervals, of how far exemplars tell the unit's firings from silence.

    In each interval, twice the area under the curve less one: the share of pairs of a firing and a silent
    item that are predicted in the right order, less the share in the wrong one. Intervals divide 0 to the
    greatest ``|code|`` in ten equal parts; those in which the unit never fires are left out. Beside
    :func:`~sememe.measures.simulation_score`: here a weak firing counts as much as a strong one, and how
    often the unit fires counts for nothing (neurons that were cut off so as to fire on 46, 10 and 1 % of the
    items keep 0.85, 0.86 and 0.83, and fall from 0.73 to 0.24 there); but strong firings need not be told
    from weak ones, nor chance firings be few. For the ten values see
    :func:`~sememe.measures.simulation_by_interval`.

    Args:
        codes: ``(items, units)``, dense or CSR, of any sign; a negative one belongs below silence.
        predicted: ``(items, units)``, from :func:`~sememe.measures.simulate`.

    Returns:
        ``(units,)`` in -1..1; higher is better, 0 chance. A dead or constant unit gets NaN. One that is
        never silent, as a sigmoid, is taken from its least to its greatest ``|code|``, and the lowest tenth
        stands for silence. Unchanged when a unit is scaled by a positive number.

    Raises:
        MeasureError: shapes that differ, or values that are not finite.

    >>> codes, predicted = np.array([[0.0], [0.0], [0.1], [1.0]]), np.array([[0.0], [0.4], [0.2], [0.5]])
    >>> interval_simulation(codes, predicted)
    array([0.5])
    """
    return _from_totals(simulation_sums(codes, predicted).totals())


def simulation_by_interval(
    codes: Codes, predicted: Real[np.ndarray, "rows units"]
) -> Float[np.ndarray, "intervals units"]:
    """The area under the curve in each of the ten activation intervals, weakest first.

    The mean, over items whose ``|code|`` lies in the interval, of the share of silent items that are
    predicted below them, or above them where the code is negative (ties count half). 1: all told from
    silence; 0.5: chance; NaN: no such item, or a constant unit. For units that are never silent see
    :func:`interval_simulation`.

    >>> codes, predicted = np.array([[0.0], [0.0], [0.1], [1.0]]), np.array([[0.0], [0.4], [0.2], [0.5]])
    >>> simulation_by_interval(codes, predicted)[[0, 9], 0]
    array([0.5, 1. ])
    """
    return (1.0 + _by_interval(simulation_sums(codes, predicted).totals())) / 2
