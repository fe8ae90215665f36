"""Accuracy through the reconstruction."""

import numpy as np
from jaxtyping import Float, Integer, Real

from sememe.measures.fidelity.network_totals import NetworkTotals, losses
from sememe.measures.record import measure


def _from_totals(totals: NetworkTotals) -> Float[np.ndarray, "..."]:
    return np.asarray(totals.correct / totals.images)


@measure(
    title="Accuracy through the reconstruction",
    family="fidelity",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{N} \left|\{i: \arg\max \hat z_i = y_i\}\right|",
    source="the network's own yardstick, reconstruction spliced in",
    needs=("logits", "labels"),
    totals="network",
    from_totals=_from_totals,
)
def accuracy(logits: Real[np.ndarray, "images classes"], labels: Integer[np.ndarray, " rows"]) -> float:
    """Share of the images whose greatest logit is that of their class.

    Args:
        logits: ``(images, classes)``, of the network with the reconstruction in the layer's place.
        labels: ``(images,)``, the class of each image.

    Returns:
        0..1; higher is better. Of equal logits the first counts as the greatest.

    >>> accuracy(np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([0, 0]))
    0.5
    """
    losses(logits, labels)  # refuses what does not fit
    return float((logits.argmax(axis=1) == labels).mean())
