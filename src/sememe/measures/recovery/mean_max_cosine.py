"""Mean max cosine: how near the nearest atom comes to each planted feature."""

import numpy as np
from jaxtyping import Real

from sememe.measures.matching import cosines
from sememe.measures.record import measure


@measure(
    title="Mean max cosine (MMCS)",
    family="recovery",
    level="set",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{F} \sum_f \max_k \cos(t_f, d_k)",
    source="Sharkey, Braun and Millidge 2022, mean max cosine similarity",
    dead="an atom that is dead is an atom like any other: leave it out beforehand if it is not to count",
    needs=("components", "truth"),
)
def mean_max_cosine(
    components: Real[np.ndarray, "components neurons"], truth: Real[np.ndarray, "features neurons"]
) -> float:
    """Mean over planted features of the greatest cosine with any atom.

    One atom may serve many features, and atoms that are near none cost nothing: read it beside
    :func:`~sememe.measures.matched_correlation` and :func:`~sememe.measures.uniqueness`.

    Args:
        components: ``(components, neurons)``, atoms; of any length.
        truth: ``(features, neurons)``, the planted directions.

    Returns:
        -1..1; higher is better. Unchanged by the order and the length of atoms.

    Raises:
        MeasureError: atoms of other dimension, or none.

    >>> mean_max_cosine(np.array([[1.0, 0.0], [1.0, 0.0]]), np.eye(2))
    0.5
    """
    return float(cosines(truth, components).max(axis=1).mean())
