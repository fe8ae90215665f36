"""Loss recovered: how much of what ablating the layer costs is won back by the reconstruction."""

import numpy as np
from jaxtyping import Float, Integer, Real

from sememe.errors import MeasureError
from sememe.measures.fidelity.network_totals import NetworkSums, NetworkTotals
from sememe.measures.record import measure


def _from_totals(totals: NetworkTotals) -> Float[np.ndarray, "..."]:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray((totals.ablated - totals.spliced) / (totals.ablated - totals.original))


@measure(
    title="Loss recovered",
    family="fidelity",
    level="set",
    range=(-float("inf"), 1.0),
    higher_is_better=True,
    formula=r"\frac{CE_{\text{ablated}} - CE_{\text{spliced}}}{CE_{\text{ablated}} - CE_{\text{original}}}",
    source="Bricken et al. 2023, Towards Monosemanticity: loss recovered",
    needs=("logits", "labels"),
    totals="network",
    from_totals=_from_totals,
)
def loss_recovered(
    original: Real[np.ndarray, "images classes"],
    spliced: Real[np.ndarray, "images classes"],
    ablated: Real[np.ndarray, "images classes"],
    labels: Integer[np.ndarray, " rows"],
) -> float:
    """``(CE_ablated - CE_spliced) / (CE_ablated - CE_original)``, each cross-entropy over all images.

    Say with it how the layer was ablated: with zeros it is easier to look good than with the layer's mean.

    Args:
        original: ``(images, classes)``, logits of the network itself.
        spliced: ``(images, classes)``, with the reconstruction in the layer's place.
        ablated: ``(images, classes)``, with zeros, or the layer's mean, in its place.
        labels: ``(images,)``, the class of each image.

    Returns:
        1 the loss of the network itself, 0 no better than ablation, negative worse; it can pass 1 where a
        reconstruction happens to help. Higher is better.

    Raises:
        MeasureError: shapes that do not fit, or an ablation that costs nothing, so that there is nothing to
            recover.

    Source: Bricken et al. 2023, Towards Monosemanticity.

    >>> original, ablated = np.array([[20.0, 0.0]]), np.array([[0.0, 0.0]])
    >>> round(loss_recovered(original, np.array([[1.0, 0.0]]), ablated, np.array([0])), 4)
    0.5481
    """
    sums = NetworkSums()
    sums.update(original, spliced, labels, ablated)
    totals = sums.totals()
    before, after = (float(total / totals.images) for total in (totals.original, totals.ablated))
    if not after > before:
        raise MeasureError(
            f"Ablating the layer does not raise the loss ({before:.4f} before, {after:.4f} after): "
            "there is no loss to recover."
        )
    return float(_from_totals(totals))
