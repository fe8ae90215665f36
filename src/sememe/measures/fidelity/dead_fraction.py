"""Dead fraction: the share of units that never fire."""

import numpy as np
from jaxtyping import Float

from sememe.measures.codes import Codes
from sememe.measures.fidelity.firing_totals import FiringTotals, firing_totals
from sememe.measures.record import measure


def _from_totals(totals: FiringTotals) -> Float[np.ndarray, "..."]:
    return np.asarray((totals.firings == 0).mean(axis=-1))


@measure(
    title="Dead units",
    family="fidelity",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=False,
    formula=r"\frac{1}{U} \left|\{u: a_{iu} = 0 \ \forall i\}\right|",
    source="Bricken et al. 2023, Towards Monosemanticity: dead neurons, on the evaluation split",
    dead="counts as dead",
    needs=("codes",),
    totals="firing",
    from_totals=_from_totals,
)
def dead_fraction(codes: Codes) -> float:
    """Share of the units that are zero for every item given.

    It falls as more items are looked at, so compare unit sets on the same items only.

    Args:
        codes: ``(items, units)``, dense or CSR; both signs count as firing.

    Returns:
        0..1; lower is better.

    >>> dead_fraction(np.array([[1.0, 0.0], [-2.0, 0.0]]))
    0.5
    """
    return float(_from_totals(firing_totals(codes)))
