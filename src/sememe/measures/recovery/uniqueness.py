"""Uniqueness: whether atoms stand for different planted features, or many for one."""

import numpy as np
from jaxtyping import Real

from sememe.measures.matching import cosines
from sememe.measures.record import measure


@measure(
    title="Uniqueness",
    family="recovery",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{|\{\arg\max_f \cos(t_f, d_k) : k\}|}{\min(K, F)}",
    source="the number of different features that are nearest to some atom, over the most there can be",
    dead="an atom that is dead is an atom like any other: leave it out beforehand if it is not to count",
    needs=("components", "truth"),
)
def uniqueness(
    components: Real[np.ndarray, "components neurons"], truth: Real[np.ndarray, "features neurons"]
) -> float:
    """Number of different planted features that are the nearest to some atom, over the most that could be.

    Args:
        components: ``(components, neurons)``, atoms; of any length.
        truth: ``(features, neurons)``, the planted directions.

    Returns:
        Above 0, up to 1: every atom a feature of its own (or, with more atoms than features, every feature
        found); higher is better.

    Raises:
        MeasureError: atoms of other dimension, or none.

    >>> uniqueness(np.array([[1.0, 0.1], [1.0, 0.0]]), np.eye(2))
    0.5
    """
    nearest = cosines(components, truth).argmax(axis=1)
    return np.unique(nearest).size / min(components.shape[0], truth.shape[0])
