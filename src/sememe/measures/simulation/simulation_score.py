"""Simulation score: how well a unit's activation on new items is told from exemplars."""

import numpy as np
from jaxtyping import Float, Real

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked, is_sparse
from sememe.measures.record import measure
from sememe.measures.simulation.simulation_totals import SimulationSums, SimulationTotals


def _from_totals(totals: SimulationTotals) -> Float[np.ndarray, "... units"]:
    codes, predictions = totals.ranks.varies()
    # Where the reader always says the same, nothing is foretold of a unit that fires: chance.
    return np.where(codes & ~predictions, 0.0, totals.ranks.correlation())


@measure(
    title="Exemplar simulation",
    family="simulation",
    level="unit",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\rho_{\text{Spearman}}(a, \hat a), \quad \hat a_i = \frac{\sum_j w_{ij} a_j}{\sum_j w_{ij}}"
    r"\text{ if } \sum_{j: a_j \ne 0} w_{ij} \ge \tfrac{1}{2} \sum_j w_{ij} \text{, else } 0",
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

    What the greatest score is depends on the predictor. Exact predictions score 1, for any unit. But the
    silent items of a unit, a share ``s`` of all, have one rank, and a prediction that is never 0 gives each
    a rank of its own: it cannot score above ``sqrt(1 - s^3)``, even where it puts every item in its place
    (0.91 for a neuron silent on 0.55 of the items, 0.42 for a component silent on 15 of 16), and would say
    how often a unit fires rather than how well it is foretold. The reader here says 0 where silent exemplars
    outweigh those that fire, as a person or a language model does: 1 can be had at every density. Of a
    sparse unit the score then is mostly about when it fires: that alone, told exactly, gives
    ``sqrt(3 s / (1 + s + s^2))`` (0.999 at 15 of 16). A rare event still is harder to tell than a common
    one, so compare at the same sparsity too; :func:`~sememe.measures.interval_simulation` beside it does not
    depend on how often a unit fires.

    Args:
        codes: ``(items, units)``, dense or CSR, of any sign.
        predicted: ``(items, units)``.

    Returns:
        ``(units,)`` in -1..1; higher is better, 0 chance. A dead or constant unit gets NaN; one that fires
        and whose prediction is the same for all items 0: nothing was foretold. Unchanged when a unit is
        scaled by a positive number.

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
) -> SimulationSums:
    """The sums that an evaluation takes: ``evaluate(..., also={"simulation": simulation_sums(...)})``."""
    return SimulationSums(*_both(codes, predicted), group, n_groups)


def _both(codes: Codes, predicted: Real[np.ndarray, "rows units"]) -> tuple[np.ndarray, np.ndarray]:
    codes = checked(codes)
    if codes.shape != predicted.shape:
        raise MeasureError(f"The codes have the shape {codes.shape} and the predictions {predicted.shape}.")
    if not np.isfinite(predicted).all():
        raise MeasureError(f"{int((~np.isfinite(predicted)).sum())} of the predictions are NaN or infinite.")
    return codes.toarray() if is_sparse(codes) else codes, predicted
