"""Share matched: how many atoms of a dictionary come back with another seed."""

import numpy as np
from jaxtyping import Real

from sememe.measures.matching import best_matching, cosines
from sememe.measures.record import measure

SAME = 0.8
"""Cosine above which two atoms are the same."""


@measure(
    title="Share of atoms matched across seeds",
    family="stability",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{K} \left|\{k : \cos(d_k, d'_{\pi(k)}) > 0.8\}\right|",
    source="Paulo and Belrose 2025 (arXiv 2501.16615): SAEs of different seeds learn different features",
    dead="matched like any other atom: leave dead atoms out beforehand if they are not to count",
    needs=("components", "seeds"),
)
def share_matched(
    components: Real[np.ndarray, "components neurons"], others: Real[np.ndarray, "others neurons"]
) -> float:
    """Share of the atoms whose partner, in the best one-to-one matching, has a cosine above 0.8.

    Args:
        components: ``(components, neurons)``, atoms of one seed; of any length.
        others: ``(others, neurons)``, atoms of another.

    Returns:
        0..1; higher is better. It is a share of the greater of the two sets, whose surplus is unmatched.

    Raises:
        MeasureError: atoms of other dimension, or none.

    Source: Paulo and Belrose 2025 (arXiv 2501.16615).

    >>> share_matched(np.eye(2), np.array([[0.0, 1.0], [0.6, 0.6]]))
    0.5
    """
    likeness = cosines(components, others)
    return float((likeness[best_matching(likeness)] > SAME).sum() / max(likeness.shape))
