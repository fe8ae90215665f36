"""Agreement of the predictions through the reconstruction with the network's own."""

import numpy as np
from jaxtyping import Float, Real

from sememe.measures.fidelity.network_totals import NetworkTotals, log_softmax
from sememe.measures.record import measure


def _from_totals(totals: NetworkTotals) -> Float[np.ndarray, "..."]:
    return np.asarray(totals.agreeing / totals.images)


@measure(
    title="Agreement with the network's own predictions",
    family="fidelity",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{N} \left|\{i: \arg\max \hat z_i = \arg\max z_i\}\right|",
    source="fidelity in the sense of distillation; needs no labels",
    needs=("logits",),
    totals="network",
    from_totals=_from_totals,
)
def agreement(
    original: Real[np.ndarray, "images classes"], spliced: Real[np.ndarray, "images classes"]
) -> float:
    """Share of the images on which both networks predict the same class, right or wrong.

    Args:
        original: ``(images, classes)``, logits of the network itself.
        spliced: ``(images, classes)``, with the reconstruction in the layer's place.

    Returns:
        0..1; higher is better.

    >>> agreement(np.array([[2.0, 1.0], [0.0, 1.0]]), np.array([[3.0, 0.0], [1.0, 0.0]]))
    0.5
    """
    log_p, log_q = log_softmax(original), log_softmax(spliced)
    return float((log_p.argmax(axis=1) == log_q.argmax(axis=1)).mean())
