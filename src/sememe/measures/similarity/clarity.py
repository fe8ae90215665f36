"""Clarity: how alike the items are that fire a unit most."""

import numpy as np
from jaxtyping import Float, Real

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.signs import on_both_signs
from sememe.measures.similarity.embeddings import unit_length
from sememe.measures.similarity.top_totals import TopTotals, top_totals


def _from_totals(totals: TopTotals) -> Float[np.ndarray, "... units"]:
    whole = totals.lengths.sum(axis=0) + 2 * totals.product
    with np.errstate(invalid="ignore", divide="ignore"):
        return (whole - totals.diagonal) / totals.pairs


@measure(
    title="Clarity",
    family="similarity",
    level="unit",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{n (n - 1)} \sum_{i \ne j} \cos(e_i, e_j), \quad i, j \in \text{top } n",
    source="Dreyer et al. 2025, SemanticLens (arXiv 2501.05398), clarity",
    dead="NaN",
    needs=("codes", "embeddings"),
    totals="top",
    from_totals=_from_totals,
)
def clarity(
    codes: Codes, embeddings: Real[np.ndarray, "items embedding"], *, centred: bool = False
) -> Float[np.ndarray, " units"]:
    """Mean cosine between the embeddings of the 30 items that fire a unit most.

    Fewer than 30 where fewer fire it. Looks at the top alone: read it beside the monosemanticity score, which
    weighs all firings. ``(||sum e||^2 - n) / (n (n - 1))`` for ``e`` of unit length.

    Args:
        codes: ``(items, units)``, dense or CSR. Signed units are scored on both signs (``signs.py``).
        embeddings: ``(items, embedding)``, of any length, from an encoder that is not the network under
            study.
        centred: take the mean embedding off first.

    Returns:
        ``(units,)`` in -1..1; higher is better. A unit that fires on fewer than two items gets NaN. Unchanged
        when a unit is scaled by a positive number.

    Raises:
        MeasureError: numbers of items that differ, or values that are not finite.

    Source: Dreyer et al. 2025, SemanticLens (arXiv 2501.05398).

    >>> embeddings = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    >>> clarity(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]), embeddings)
    array([1., 0.])
    """
    rows = unit_length(embeddings, embeddings.mean(axis=0, dtype=np.float64) if centred else None)
    return on_both_signs(codes, lambda half: _from_totals(top_totals(half, rows)))
