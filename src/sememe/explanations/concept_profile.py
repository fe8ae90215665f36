"""Which concepts a unit stands for: every concept of a bank beside it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Real

from sememe.errors import MeasureError


@dataclass(frozen=True, eq=False)
class ConceptProfile:
    """One unit beside each concept; NaN for a unit that never fires and a concept that never occurs."""

    frequency: Float[np.ndarray, " concepts"]  # share of the items that have it
    precision: Float[np.ndarray, " concepts"]  # share of the unit's firings that are on items that have it
    recall: Float[np.ndarray, " concepts"]  # share of the items that have it that fire the unit
    average_precision: Float[np.ndarray, " concepts"]  # of the unit's activation as its detector


def concept_profile(
    activation: Real[np.ndarray, " items"], concepts: Bool[np.ndarray, "_ concepts"]
) -> ConceptProfile:
    """Precision, recall and average precision of a unit for every concept.

    Average precision is ``sum_n (R_n - R_{n-1}) P_n`` over the distinct activations from the greatest down,
    as in :func:`~sememe.measures.concept_average_precision`; chance scores the concept's frequency.
    Raises :class:`MeasureError` when the numbers of items differ.

    >>> concepts = np.array([[True], [False], [True], [False]])
    >>> concept_profile(np.array([3.0, 2.0, 1.0, 0.0]), concepts).average_precision.round(4).tolist()
    [0.8333]
    """
    if len(activation) != len(concepts):
        raise MeasureError(f"There are {len(activation)} activations but {len(concepts)} rows of concepts.")
    present = concepts.sum(axis=0, dtype=np.float64)
    fires = activation != 0
    hits = concepts[fires].sum(axis=0, dtype=np.float64)
    order = np.argsort(-activation, kind="stable")
    ranked = activation[order]
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))  # of each run of equal activations
    found = concepts[order].cumsum(axis=0, dtype=np.float64)[last]
    gained = np.diff(found, axis=0, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        average = (gained * found / (last + 1)[:, None]).sum(axis=0) / present
        precision = hits / (fires.sum() or np.nan)
        recall = hits / present
    if not fires.any():
        average = np.full(len(present), np.nan)
    return ConceptProfile(present / max(1, len(concepts)), precision, recall, average)
