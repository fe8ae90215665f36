"""Density: on what share of the items a unit fires, and the histogram of it over units."""

import numpy as np
from jaxtyping import Float, Int

from sememe.errors import MeasureError
from sememe.measures.codes import Codes
from sememe.measures.fidelity.firing_totals import FiringTotals, firing_totals
from sememe.measures.record import measure


def _from_totals(totals: FiringTotals) -> Float[np.ndarray, "... units"]:
    return totals.firings / totals.items[..., None]


@measure(
    title="Density",
    family="fidelity",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=None,
    formula=r"\frac{1}{N} \left|\{i: a_i \ne 0\}\right|",
    source="Bricken et al. 2023, Towards Monosemanticity: feature density",
    dead="0",
    needs=("codes",),
    totals="firing",
    from_totals=_from_totals,
)
def density(codes: Codes) -> Float[np.ndarray, " units"]:
    """Share of the items on which each unit is not zero.

    Args:
        codes: ``(items, units)``, dense or CSR; both signs count.

    Returns:
        ``(units,)`` in 0..1: 0 dead, 1 always on. Neither direction is better.

    >>> density(np.array([[1.0, 0.0], [-2.0, 0.0]]))
    array([1., 0.])
    """
    return _from_totals(firing_totals(codes))


def density_histogram(
    density: Float[np.ndarray, " units"], bins: int = 30, least: float = 1e-5
) -> tuple[Int[np.ndarray, " bins"], Float[np.ndarray, " edges"]]:
    """Number of living units in bins of equal width of log10 density, and the ``bins + 1`` edges (of log10).

    Dead units have no logarithm and are left out; units rarer than ``least`` count in the first bin.

    >>> counts, edges = density_histogram(np.array([0.0, 0.001, 0.01, 1.0]), bins=3, least=1e-3)
    >>> counts, edges.tolist()
    (array([1, 1, 1]), [-3.0, -2.0, -1.0, 0.0])
    """
    if bins < 1 or not 0 < least < 1:
        raise MeasureError(
            f"A histogram needs at least one bin and 0 < least < 1; got bins={bins}, least={least}."
        )
    edges = np.linspace(np.log10(least), 0.0, bins + 1)
    logs = np.log10(np.maximum(density[density > 0], least))
    # log10(0.01) may come out just below its edge; a hair of slack puts round numbers into the bin they open.
    place = np.searchsorted(edges, logs + 1e-9, side="right") - 1
    return np.bincount(np.clip(place, 0, bins - 1), minlength=bins), edges
