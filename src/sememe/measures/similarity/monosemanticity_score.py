"""Monosemanticity score: how alike the items are that fire a unit, weighted by how strongly they fire it."""

import numpy as np
from jaxtyping import Float, Real

from sememe.measures.codes import Codes
from sememe.measures.record import measure
from sememe.measures.similarity.embeddings import unit_length
from sememe.measures.similarity.pair_totals import PairTotals, pair_totals


def _from_totals(totals: PairTotals) -> Float[np.ndarray, "... units"]:
    return totals.similarity / totals.weight


@measure(
    title="Monosemanticity score (MS)",
    family="similarity",
    level="unit",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{\sum_{i<j} a_i a_j \cos(e_i, e_j)}{\sum_{i<j} a_i a_j}"
    r" = \frac{\|\sum_i a_i e_i\|^2 - \sum_i a_i^2}{(\sum_i a_i)^2 - \sum_i a_i^2}",
    source="Pach et al. 2025 (arXiv 2504.02821), definition of MS; the linear form as in arXiv 2602.12403",
    dead="NaN",
    needs=("codes", "embeddings"),
    totals="pair",
    from_totals=_from_totals,
)
def monosemanticity_score(
    activations: Codes,
    embeddings: Real[np.ndarray, "items embedding"],
    *,
    centred: bool = False,
) -> Float[np.ndarray, " units"]:
    """Mean cosine of the embeddings of two items, weighted by the product of a unit's activations on them.

    ``MS = sum_{i<j} a_i a_j cos(e_i, e_j) / sum_{i<j} a_i a_j``, where ``a`` is the activation scaled to 0..1
    by the unit's least and greatest value over the items. Computed as
    ``(||sum a e||^2 - sum a^2) / ((sum a)^2 - sum a^2)`` with ``e`` of unit length: linear in the items, no
    matrix of pairs. The embeddings must come from an encoder that is not the network under study.

    Args:
        activations: ``(items, units)``, dense or CSR. The scaling is the paper's own, so a signed unit is one
            slope from its least to its greatest value; an evaluation (``evaluation.py``) scores its two signs
            apart.
        embeddings: ``(items, embedding)``, of any length; a row of zeros has cosine 0 with every other.
        centred: take the mean embedding off first, so that what all items share does not count as likeness.

    Returns:
        ``(units,)`` in -1..1; higher is better. A dead or constant unit, and one that only one item lifts
        above its least value, gets NaN. Unchanged by any positive scaling, and by a shift, of a unit.

    Raises:
        MeasureError: numbers of items that differ, or values that are not finite.

    Source: Pach et al. 2025 (arXiv 2504.02821).

    >>> embeddings = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 1.0]])
    >>> monosemanticity_score(np.array([[1.0, 1.0], [1.0, 0.0], [0.0, 1.0]]), embeddings)
    array([1., 0.])
    """
    mean = embeddings.mean(axis=0, dtype=np.float64) if centred else None
    return _from_totals(pair_totals(activations, unit_length(embeddings, mean)))
