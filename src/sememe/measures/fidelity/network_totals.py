"""The sums behind the measures through the network, a reconstruction in a layer's place."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer, Real

from sememe.errors import MeasureError
from sememe.measures.totals import Weights, group_of, weighted


@dataclass(frozen=True, eq=False)
class NetworkTotals:
    """Sums over images; ``...`` is empty or the axis of replicates. Losses are in nats."""

    images: Float[np.ndarray, "..."]
    correct: Float[np.ndarray, "..."]
    """Images that the spliced network gets right."""
    agreeing: Float[np.ndarray, "..."]
    """Images on which it predicts what the network itself predicts."""
    divergence: Float[np.ndarray, "..."]
    """Sum of KL(original || spliced)."""
    original: Float[np.ndarray, "..."]
    """Cross-entropy of the network itself."""
    spliced: Float[np.ndarray, "..."]
    """Cross-entropy with the reconstruction in the layer's place."""
    ablated: Float[np.ndarray, "..."]
    """Cross-entropy with the layer ablated; NaN where no such logits were given."""


class NetworkSums:
    """Accumulates :class:`NetworkTotals`, group by group."""

    def __init__(self, n_groups: int = 1) -> None:
        self.n_groups = n_groups
        self._sums = np.zeros((n_groups, 7))

    def update(
        self,
        original: Real[np.ndarray, "images classes"],
        spliced: Real[np.ndarray, "images classes"],
        labels: Integer[np.ndarray, " images"],
        ablated: Real[np.ndarray, "images classes"] | None = None,
        group: Int[np.ndarray, " images"] | None = None,
    ) -> None:
        """Add a batch of images: three sets of logits, and the class of each image."""
        group = group_of(group, original.shape[0], self.n_groups)
        log_original, log_spliced = log_softmax(original), log_softmax(spliced)
        if original.shape != spliced.shape:
            raise MeasureError(
                f"The original logits are {original.shape} and the spliced ones {spliced.shape}."
            )
        if labels.shape != original.shape[:1]:
            raise MeasureError(
                f"There are logits of {original.shape[0]:,} images but {labels.shape[0]:,} labels."
            )
        predicted = spliced.argmax(axis=1)
        columns = (
            np.ones(labels.shape[0]),
            predicted == labels,
            predicted == original.argmax(axis=1),
            (np.exp(log_original) * (log_original - log_spliced)).sum(axis=1),
            losses(original, labels),
            losses(spliced, labels),
            np.full(labels.shape[0], np.nan) if ablated is None else losses(ablated, labels),
        )
        for column, values in enumerate(columns):
            self._sums[:, column] += np.bincount(group, values, self.n_groups)

    def totals(self, weights: Weights = None) -> NetworkTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        sums = weighted(self._sums, weights)
        return NetworkTotals(*(np.asarray(sums[..., column]) for column in range(7)))


def log_softmax(logits: Real[np.ndarray, "images classes"]) -> Float[np.ndarray, "images classes"]:
    """Logarithms of the predicted probabilities, in float64."""
    if logits.ndim != 2 or logits.shape[0] == 0:
        raise MeasureError(
            f"Logits must be (images, classes) with at least one image; got the shape {logits.shape}."
        )
    if not np.isfinite(logits).all():
        raise MeasureError(f"{int((~np.isfinite(logits)).sum())} of the logits are NaN or infinite.")
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def losses(
    logits: Real[np.ndarray, "images classes"], labels: Integer[np.ndarray, " rows"]
) -> Float[np.ndarray, " images"]:
    """Cross-entropy of each image, in nats."""
    if labels.shape[0] != logits.shape[0]:
        raise MeasureError(f"There are logits of {logits.shape[0]:,} images but {labels.shape[0]:,} labels.")
    if labels.size and (labels.min() < 0 or labels.max() >= logits.shape[1]):
        raise MeasureError(
            f"Labels run from {labels.min()} to {labels.max()}, but there are logits of {logits.shape[1]}."
        )
    return -log_softmax(logits)[np.arange(labels.shape[0]), labels]
