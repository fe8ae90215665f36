"""L0: how many units fire for an item."""

import numpy as np
from jaxtyping import Float

from sememe.measures.codes import Codes
from sememe.measures.fidelity.firing_totals import FiringTotals, firing_totals
from sememe.measures.record import measure


def _from_totals(totals: FiringTotals) -> Float[np.ndarray, "..."]:
    return np.asarray(totals.firings.sum(axis=-1) / totals.items)


@measure(
    title="Units that fire for an item (L0)",
    family="fidelity",
    level="set",
    range=(0.0, float("inf")),
    higher_is_better=False,
    formula=r"\frac{1}{N} \sum_i \left|\{u: a_{iu} \ne 0\}\right|",
    source="the count of non-zero codes, as in every report on sparse coding",
    needs=("codes",),
    totals="firing",
    from_totals=_from_totals,
)
def l0(codes: Codes) -> float:
    """Mean number of units that are not zero for an item; both signs count.

    Args:
        codes: ``(items, units)``, dense or CSR.

    Returns:
        0 .. units; lower is sparser.

    >>> l0(np.array([[1.0, 0.0, -2.0], [0.0, 0.0, 3.0]]))
    1.5
    """
    return float(_from_totals(firing_totals(codes)))
