"""Matched correlation (MCC): how well codes follow the strengths of planted features, one to one."""

import numpy as np
from jaxtyping import Real

from sememe.measures.codes import Codes, count_units
from sememe.measures.matching import best_matching
from sememe.measures.record import measure
from sememe.measures.stability.universality import CorrelationSums


@measure(
    title="Matched correlation (MCC)",
    family="recovery",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\max_\pi \frac{1}{F} \sum_f |r(s_f, a_{\pi(f)})|",
    source="Hyvarinen and Morioka 2016 (arXiv 1605.06336): mean correlation coefficient, Hungarian matching",
    dead="a dead unit correlates with nothing and matches 0",
    needs=("codes", "truth"),
)
def matched_correlation(codes: Codes, strengths: Real[np.ndarray, "rows features"]) -> float:
    """Mean absolute correlation of planted strengths with codes, under the best one-to-one matching.

    Args:
        codes: ``(items, units)``, dense or CSR.
        strengths: ``(items, features)``, how strongly each planted feature is present. A feature that no unit
            is left for, and one that never varies, counts 0.

    Returns:
        0..1; higher is better. Unchanged by the order, scale and sign of units.

    Raises:
        MeasureError: numbers of items that differ, values that are not finite.

    Source: Hyvarinen and Morioka 2016 (arXiv 1605.06336).

    >>> strengths = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])
    >>> round(matched_correlation(-2 * strengths[:, ::-1], strengths), 6)
    1.0
    """
    sums = CorrelationSums(strengths.shape[1], count_units(codes))
    sums.update(strengths, codes)
    likeness = np.abs(np.nan_to_num(sums.correlations()))
    return float(likeness[best_matching(likeness)].sum() / strengths.shape[1])
