"""Concept separability: how different a unit's activations are distributed from class to class."""

import numpy as np
from jaxtyping import Float, Integer

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.selectivity.histogram_totals import HistogramTotals, histogram_totals
from sememe.measures.signs import on_both_signs


def _from_totals(totals: HistogramTotals) -> Float[np.ndarray, "... units"]:
    counts = totals.counts
    items = counts.sum(axis=-2)
    present = items > 0
    n_classes = present.sum(axis=-2)
    each = np.where(present, items, 1.0)
    # Counts are whole numbers, in replicates too, so n log n is looked up: logarithms would take most of the
    # time.
    whole = np.arange(int(counts.max()) + 1)
    product = whole * np.log(np.maximum(whole, 1))
    within = np.log(each) - product[counts.astype(np.intp)].sum(axis=-2) / each
    with np.errstate(invalid="ignore", divide="ignore"):
        mixture = np.einsum("...cbu,...cu->...bu", counts, 1.0 / each) / n_classes[..., None, :]
        divergence = (_entropy(mixture) - within.sum(axis=-2) / n_classes) / np.log(n_classes)
    silent = counts[..., 0, :].sum(axis=-2) == items.sum(axis=-2)
    # A divergence of 0 can come out as a rounding error below it, and its root as NaN.
    return np.where(silent | (n_classes < 2), np.nan, np.sqrt(np.maximum(divergence, 0.0)))


def _entropy(shares: Float[np.ndarray, "... bins units"]) -> Float[np.ndarray, "... units"]:
    return -(shares * np.log(np.where(shares > 0, shares, 1.0))).sum(axis=-2)


@measure(
    title="Concept separability",
    family="selectivity",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\sqrt{\mathrm{JSD}(P_1, \dots, P_k) / \log_2 k}",
    source="Fereidouni et al. 2025 (arXiv 2508.15094); estimated here by histograms",
    dead="NaN",
    needs=("codes", "labels"),
    totals="histogram",
    from_totals=_from_totals,
)
def concept_separability(
    codes: Codes, labels: Integer[np.ndarray, " items"], n_classes: int
) -> Float[np.ndarray, " units"]:
    """``sqrt(JSD / log2 k)`` of a unit's activation distributions in the ``k`` classes.

    ``JSD = H(mean of P_c) - mean of H(P_c)`` in bits is the Jensen-Shannon divergence with equal weight for
    each class. A distribution ``P_c`` is a histogram with a bin for silence and ten of equal width from the
    unit's least to its greatest firing, the same for all classes. A finite number of items lifts the value
    above 0 even where the classes do not differ; the density-matched null shown beside it says by how much.

    Args:
        codes: ``(items, units)``, dense or CSR, not centred. Signed units are scored on both signs
            (``signs.py``).
        labels: ``(items,)``, in ``0..n_classes - 1``. A class without items is left out of ``k``.
        n_classes: number of classes, at least 2.

    Returns:
        ``(units,)`` in 0..1: 0 the same distribution in every class, 1 no overlap; higher is better. A dead
        unit gets NaN, one with the same code for every item 0. Unchanged when a unit is scaled by a positive
        number.

    Raises:
        MeasureError: labels that do not fit, fewer than two classes, codes that are not finite.

    Source: Fereidouni et al. 2025 (arXiv 2508.15094).

    >>> concept_separability(np.array([[1.0, 1.0], [0.0, 1.0]]), np.array([0, 1]), 2)
    array([1., 0.])
    """
    return on_both_signs(codes, lambda half: _from_totals(histogram_totals(half, labels, n_classes)))
