"""Polysemanticity: how far apart the two groups lie into which the strongest firings fall."""

import numpy as np
from jaxtyping import Float, Real

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.signs import on_both_signs
from sememe.measures.similarity.embeddings import unit_length
from sememe.measures.similarity.top_totals import TopTotals, top_totals


def _from_totals(totals: TopTotals) -> Float[np.ndarray, "... units"]:
    items = totals.sizes.sum(axis=0)
    whole = totals.lengths.sum(axis=0) + 2 * totals.product
    with np.errstate(invalid="ignore", divide="ignore"):
        apart = 1.0 - totals.product / np.sqrt(totals.lengths.prod(axis=0))
        # One outlier is no second meaning: then, as in the source, how far the items lie from the mean of
        # all. The mean cosine of rows of unit length with their mean is the length of that mean.
        scatter = 1.0 - np.sqrt(np.maximum(whole, 0.0)) / items
    score = np.where(totals.sizes.min(axis=0) < 2, scatter, apart)
    return np.where(totals.pairs > 0, score, np.nan)


@measure(
    title="Polysemanticity",
    family="similarity",
    level="unit",
    range=(0.0, 2.0),
    higher_is_better=False,
    formula=r"1 - \cos(m_1, m_2), \quad m_1, m_2 \text{ the centres of 2-means of the top } n",
    source="Dreyer et al. 2025, SemanticLens (arXiv 2501.05398), after PURE (arXiv 2404.06453)",
    dead="NaN",
    needs=("codes", "embeddings"),
    totals="top",
    from_totals=_from_totals,
)
def polysemanticity(
    codes: Codes, embeddings: Real[np.ndarray, "items embedding"], *, centred: bool = False
) -> Float[np.ndarray, " units"]:
    """One less the cosine between the centres of two clusters of the 30 items that fire a unit most.

    The clusters are those of 2-means on embeddings of unit length, from the two items that lie farthest
    apart. Where one of them has a single item, which is an outlier and no second meaning, the value is one
    less the mean cosine of an item with the mean of all.

    Args:
        codes: ``(items, units)``, dense or CSR. Signed units are scored on both signs (``signs.py``).
        embeddings: ``(items, embedding)``, of any length, from an encoder that is not the network under
            study.
        centred: take the mean embedding off first.

    Returns:
        ``(units,)`` in 0..2: 0 one meaning, 1 two that have nothing in common; **lower is better**. A unit
        that fires on fewer than two items gets NaN. Unchanged when a unit is scaled by a positive number.

    Raises:
        MeasureError: numbers of items that differ, or values that are not finite.

    Source: Dreyer et al. 2025, SemanticLens (arXiv 2501.05398), after PURE (arXiv 2404.06453).

    >>> embeddings = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0], [0.0, 3.0]])
    >>> polysemanticity(np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.0, 1.0]]), embeddings)
    array([0., 1.])
    """
    rows = unit_length(embeddings, embeddings.mean(axis=0, dtype=np.float64) if centred else None)
    return on_both_signs(codes, lambda half: _from_totals(top_totals(half, rows)))
