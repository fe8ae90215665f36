"""KL divergence of the predictions through the reconstruction from the network's own."""

import numpy as np
from jaxtyping import Float, Real

from sememe.measures.fidelity.network_totals import NetworkTotals, log_softmax
from sememe.measures.record import measure


def _from_totals(totals: NetworkTotals) -> Float[np.ndarray, "..."]:
    return np.asarray(totals.divergence / totals.images)


@measure(
    title="KL divergence from the network's own predictions",
    family="fidelity",
    level="set",
    range=(0.0, float("inf")),
    higher_is_better=False,
    formula=r"\frac{1}{N} \sum_i \sum_c p_i(c) \log \frac{p_i(c)}{\hat p_i(c)}",
    source="Kullback and Leibler 1951",
    needs=("logits",),
    totals="network",
    from_totals=_from_totals,
)
def kl_divergence(
    original: Real[np.ndarray, "images classes"], spliced: Real[np.ndarray, "images classes"]
) -> float:
    """Mean ``KL(original || spliced)`` over images, in nats.

    Unlike accuracy it sees a change of confidence, and needs no labels.

    Args:
        original: ``(images, classes)``, logits of the network itself.
        spliced: ``(images, classes)``, with the reconstruction in the layer's place.

    Returns:
        0 the same predictions, greater the more they differ; lower is better.

    >>> round(kl_divergence(np.array([[0.0, 0.0]]), np.log(np.array([[0.25, 0.75]]))), 6)
    0.143841
    """
    log_p, log_q = log_softmax(original), log_softmax(spliced)
    return float((np.exp(log_p) * (log_p - log_q)).sum(axis=1).mean())
