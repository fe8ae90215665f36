"""Matched cosine: how alike the atoms of two dictionaries are, one to one."""

import numpy as np
from jaxtyping import Real

from sememe.measures.matching import best_matching, cosines
from sememe.measures.record import measure


@measure(
    title="Matched cosine across seeds",
    family="stability",
    level="set",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\max_\pi \frac{1}{K} \sum_k \cos(d_k, d'_{\pi(k)})",
    source="Fel et al. 2025, Archetypal SAE (arXiv 2502.12892), stability; matching by Kuhn 1955",
    dead="matched like any other atom: leave dead atoms out beforehand if they are not to count",
    needs=("components", "seeds"),
)
def matched_cosine(
    components: Real[np.ndarray, "components neurons"], others: Real[np.ndarray, "others neurons"]
) -> float:
    """Mean cosine of the atoms of two dictionaries under the one-to-one matching that makes it greatest.

    Args:
        components: ``(components, neurons)``, atoms of one seed; of any length.
        others: ``(components, neurons)``, atoms of another. Of sets of unequal size the greater has atoms
            left over.

    Returns:
        -1..1; 1 the same atoms in any order; higher is better. Random atoms in ``d`` dimensions are above 0:
        read it beside that of two random dictionaries. Unchanged when atoms are scaled by positive numbers.

    Raises:
        MeasureError: atoms of other dimension, or none.

    >>> matched_cosine(np.eye(2), np.array([[0.0, 3.0], [1.0, 0.0]]))
    1.0
    """
    likeness = cosines(components, others)
    return float(likeness[best_matching(likeness)].mean())
