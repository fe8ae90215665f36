"""Items on which a unit almost fires: what its boundary leaves out."""

import numpy as np
from jaxtyping import Float, Int, Real

from sememe.errors import MeasureError


def near_misses(
    values: Real[np.ndarray, "items neurons"],
    activation: Real[np.ndarray, " _"],
    n: int = 12,
    image: Int[np.ndarray, " _"] | None = None,
) -> tuple[Int[np.ndarray, " misses"], Float[np.ndarray, " misses"]]:
    """Items that do not fire a unit though their activation points where its firings point, nearest first.

    Ranked by the cosine of the item's activation, about the mean of all, with the mean activation of the
    items that fire the unit, weighted by how strongly. Thus it is defined alike for neurons and components:
    no unit needs a pre-activation. One item an image, and only what leans the unit's way (cosine above 0).

    Args:
        values: the layer's activations.
        activation: the unit's code on the same items.
        n: most items wanted.
        image: the image of each item; None: the item itself.

    Returns:
        Rows of the items and their cosines; empty where the unit never fires, or always does.

    Raises:
        MeasureError: numbers of items that differ.

    >>> values = np.array([[2.0, 0.0], [1.9, 0.1], [0.0, 2.0]])
    >>> near_misses(values, np.array([1.0, 0.0, 0.0]))[0].tolist()
    [1]
    """
    if len(values) != len(activation):
        raise MeasureError(
            f"There are {len(values)} activations but {len(activation)} codes of the same items."
        )
    silent = np.flatnonzero(activation == 0)
    fires = np.flatnonzero(activation)
    nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    if not len(silent) or not len(fires):
        return nothing
    centre = values.mean(axis=0, dtype=np.float64)
    strength = np.abs(activation[fires]).astype(np.float64)
    towards = strength @ values[fires] / strength.sum() - centre
    apart = values[silent] - centre
    lengths = np.linalg.norm(apart, axis=1) * np.linalg.norm(towards)
    cosine = np.divide(apart @ towards, lengths, out=np.zeros(len(silent)), where=lengths > 0)
    order = np.argsort(-cosine, kind="stable")
    order = order[cosine[order] > 0]
    if image is not None:
        _, first = np.unique(image[silent[order]], return_index=True)
        order = order[np.sort(first)]
    order = order[:n]
    return silent[order], cosine[order]
