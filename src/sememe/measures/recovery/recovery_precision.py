"""Recovery precision: whether a unit fires only when its planted feature is there."""

import numpy as np
from jaxtyping import Bool, Real

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.recovery.detection import matched_counts, mean_share


@measure(
    title="Precision of planted features",
    family="recovery",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{F} \sum_f \frac{|A_{\pi(f)} \cap T_f|}{|A_{\pi(f)}|}",
    source="a unit as a detector of the planted feature that it is matched with",
    dead="a dead unit detects nothing: 0 for its feature",
    needs=("codes", "components", "truth"),
)
def recovery_precision(
    codes: Codes,
    components: Real[np.ndarray, "components neurons"],
    present: Bool[np.ndarray, "rows features"],
    truth: Real[np.ndarray, "features neurons"],
) -> float:
    """Mean over planted features of the share of the matched unit's firings on items that have the feature.

    Units are matched with features by the cosine of atom and planted direction, one to one.

    Args:
        codes: ``(items, components)``, dense or CSR; firing is ``!= 0``.
        components: ``(components, neurons)``, the atoms.
        present: ``(items, features)``, which item has which planted feature.
        truth: ``(features, neurons)``, the planted directions. Features that no item has are left out.

    Returns:
        0..1; higher is better. A feature without a unit, or with a dead one, counts 0.

    Raises:
        MeasureError: shapes that do not fit.

    >>> recovery_precision(np.eye(2), np.eye(2), np.array([[True, False], [True, True]]), np.eye(2))
    1.0
    """
    both, firings, there = matched_counts(codes, components, present, truth)
    return mean_share(both, firings, there > 0)
