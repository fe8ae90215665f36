"""How often a unit fires how strongly, and for which classes."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Real

from sememe.errors import MeasureError


@dataclass(frozen=True, eq=False)
class ActivationHistogram:
    """Firings of one unit, counted by activation and class."""

    edges: Float[np.ndarray, " edges"]  # activation, ascending; a value on an inner edge is in the bin above
    counts: Int[np.ndarray, "classes bins"]  # one row where there are no classes
    silent: Int[np.ndarray, " classes"]  # items at which the unit does not fire


def activation_histogram(
    activation: Real[np.ndarray, " items"],
    labels: Int[np.ndarray, " _"] | None = None,
    n_classes: int = 1,
    n_bins: int = 40,
) -> ActivationHistogram:
    """Count a unit's firings (``!= 0``) in bins of equal width over its firing range, by class.

    Bins start at zero for a unit of one sign, so that weak firings are seen for what they are.
    Raises :class:`MeasureError` for labels that do not fit, and activations that are not finite.

    >>> found = activation_histogram(np.array([0.0, 0.5, 2.0]), np.array([0, 0, 1]), 2, n_bins=2)
    >>> found.edges.tolist(), found.counts.tolist(), found.silent.tolist()
    ([0.0, 1.0, 2.0], [[1, 0], [0, 1]], [1, 0])
    """
    if labels is None:
        labels, n_classes = np.zeros(len(activation), dtype=np.int64), 1
    if len(labels) != len(activation):
        raise MeasureError(f"There are {len(activation)} items but {len(labels)} labels: give one an item.")
    if not np.isfinite(activation).all():
        raise MeasureError("Some activations are NaN or infinite: look at the layer first.")
    fires = activation != 0
    silent = np.bincount(labels[~fires], minlength=n_classes)
    if not fires.any():
        return ActivationHistogram(np.zeros(1), np.zeros((n_classes, 0), dtype=np.int64), silent)
    values = activation[fires].astype(np.float64)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    edges = np.linspace(low, high, n_bins + 1)
    bins = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, n_bins - 1)
    flat = np.bincount(labels[fires] * n_bins + bins, minlength=n_classes * n_bins)
    return ActivationHistogram(edges, flat.reshape(n_classes, n_bins), silent)
