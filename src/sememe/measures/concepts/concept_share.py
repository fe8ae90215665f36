"""Concept share: how much of what concepts say of a unit one concept says alone."""

import numpy as np
from jaxtyping import Bool, Float

from sememe.measures.codes import Codes
from sememe.measures.concepts.concept_totals import ConceptTotals
from sememe.measures.concepts.scored import Chosen, summed
from sememe.measures.record import measure

RANK = 1e-9
"""Below this share a variance counts as none."""
RIDGE = 1e-10
"""Share of the greatest variance of a concept that is added to each."""


def _from_totals(totals: ConceptTotals) -> Float[np.ndarray, "... units"]:
    items = totals.items[..., None]
    frequency = np.diagonal(totals.together, axis1=-2, axis2=-1) / items
    spread = totals.together / items[..., None] - frequency[..., :, None] * frequency[..., None, :]
    moment = (
        totals.with_concept / items[..., None] - frequency[..., None] * (totals.code / items)[..., None, :]
    )
    variance = totals.square / items - (totals.code / items) ** 2
    own = np.diagonal(spread, axis1=-2, axis2=-1)[..., None]
    # The ridge is far below any variance that counts; it settles concepts that imply each other, or that no
    # item has. Where none varies there is nothing to explain, and any ridge gives that answer.
    most = own.max(axis=-2, keepdims=True)
    ridge = np.where(most > 0, RIDGE * most, 1.0) * np.eye(own.shape[-2])
    explained = (moment * np.linalg.solve(spread + ridge, moment)).sum(axis=-2)
    single = (moment**2 / np.where(own > RANK, own, np.inf)).max(axis=-2)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = single / explained
    return np.where(explained > RANK * variance, np.minimum(share, 1.0), np.nan)


@measure(
    title="Concept share",
    family="concepts",
    level="unit",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\max_c R^2(a \sim c) \,/\, R^2(a \sim \text{all concepts})",
    source="coefficients of determination of linear regressions on concept indicators",
    dead="NaN",
    needs=("codes", "concepts"),
    totals="concept",
    from_totals=_from_totals,
)
def concept_share(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], chosen: Chosen = None
) -> Float[np.ndarray, " units"]:
    """R2 of the best single concept over R2 of all concepts together, of linear regressions of a unit's code.

    1 where one concept says all that the bank can say of the unit; low where several share it. It says
    nothing of how much they say together: read it beside average precision. The single concept is the one
    with the greatest R2 on the items scored, ``chosen`` or not, so that the share cannot exceed 1.

    Arguments and errors as for :func:`~sememe.measures.concept_average_precision`.

    Returns:
        ``(units,)`` in 0..1; higher is better. A dead unit, a constant one, and one that no concept explains
        get NaN. Unchanged by any scaling of a unit.

    >>> concepts = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=bool)
    >>> concept_share(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 2.0]]), concepts)
    array([1. , 0.5])
    """
    return summed(_from_totals, codes, concepts, chosen)
