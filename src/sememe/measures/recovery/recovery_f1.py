"""Recovery F1: whether a unit fires when, and only when, its planted feature is there."""

import numpy as np
from jaxtyping import Bool, Real

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.recovery.detection import matched_counts, mean_share


@measure(
    title="F1 of planted features",
    family="recovery",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{F} \sum_f \frac{2\,|A_{\pi(f)} \cap T_f|}{|A_{\pi(f)}| + |T_f|}",
    source="a unit as a detector of the planted feature that it is matched with",
    dead="a dead unit detects nothing: 0 for its feature",
    needs=("codes", "components", "truth"),
)
def recovery_f1(
    codes: Codes,
    components: Real[np.ndarray, "components neurons"],
    present: Bool[np.ndarray, "rows features"],
    truth: Real[np.ndarray, "features neurons"],
) -> float:
    """Mean over planted features of the harmonic mean of precision and recall of the matched unit.

    Arguments, range and errors as for :func:`~sememe.measures.recovery_precision`.

    >>> present = np.array([[True, False], [True, True]])
    >>> round(recovery_f1(np.eye(2), np.eye(2), present, np.eye(2)), 6)
    0.833333
    """
    both, firings, there = matched_counts(codes, components, present, truth)
    return mean_share(2 * both, firings + there, there > 0)
