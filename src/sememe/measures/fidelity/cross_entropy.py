"""Cross-entropy through the reconstruction."""

import numpy as np
from jaxtyping import Float, Integer, Real

from sememe.measures.fidelity.network_totals import NetworkTotals, losses
from sememe.measures.record import measure


def _from_totals(totals: NetworkTotals) -> Float[np.ndarray, "..."]:
    return np.asarray(totals.spliced / totals.images)


@measure(
    title="Cross-entropy through the reconstruction",
    family="fidelity",
    level="set",
    range=(0.0, float("inf")),
    higher_is_better=False,
    formula=r"-\frac{1}{N} \sum_i \log \hat p_i(y_i)",
    source="the network's own loss, reconstruction spliced in",
    needs=("logits", "labels"),
    totals="network",
    from_totals=_from_totals,
)
def cross_entropy(logits: Real[np.ndarray, "images classes"], labels: Integer[np.ndarray, " rows"]) -> float:
    """Mean of ``-log p(class)`` over images, in nats.

    Args:
        logits: ``(images, classes)``, of the network with the reconstruction in the layer's place.
        labels: ``(images,)``, the class of each image.

    Returns:
        0 upwards; lower is better; ``log(classes)`` for a network that has no idea.

    >>> round(cross_entropy(np.zeros((3, 10)), np.array([0, 1, 2])), 6)
    2.302585
    """
    return float(losses(logits, labels).mean())
