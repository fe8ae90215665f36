"""Recovery recall: whether a unit fires whenever its planted feature is there."""

import numpy as np
from jaxtyping import Bool, Real

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.recovery.detection import matched_counts, mean_share


@measure(
    title="Recall of planted features",
    family="recovery",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{F} \sum_f \frac{|A_{\pi(f)} \cap T_f|}{|T_f|}",
    source="a unit as a detector of the planted feature that it is matched with",
    dead="a dead unit detects nothing: 0 for its feature",
    needs=("codes", "components", "truth"),
)
def recovery_recall(
    codes: Codes,
    components: Real[np.ndarray, "components neurons"],
    present: Bool[np.ndarray, "rows features"],
    truth: Real[np.ndarray, "features neurons"],
) -> float:
    """Mean over planted features of the share of their items on which the matched unit fires.

    Arguments, range and errors as for :func:`~sememe.measures.recovery_precision`.

    >>> recovery_recall(np.eye(2), np.eye(2), np.array([[True, False], [True, True]]), np.eye(2))
    0.75
    """
    both, _, there = matched_counts(codes, components, present, truth)
    return mean_share(both, there, there > 0)
