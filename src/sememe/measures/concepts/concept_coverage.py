"""Concept coverage: how well each concept is found by some unit."""

import numpy as np
from jaxtyping import Bool, Float, Int

from sememe.measures.codes import Codes, is_sparse
from sememe.measures.concepts.choice import average_precisions
from sememe.measures.concepts.ranked_totals import RankedSums
from sememe.measures.record import measure
from sememe.measures.signs import Halves, halves


def best_units(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"]
) -> tuple[Int[np.ndarray, " concepts"], Float[np.ndarray, " concepts"]]:
    """For each concept the unit that ranks its items highest, and its average precision.

    >>> units, precision = best_units(np.array([[0.0, 2.0], [1.0, 0.0]]), np.eye(2, dtype=bool))
    >>> units, precision
    (array([1, 0]), array([1., 1.]))
    """
    split = halves(codes)
    column, precision = _best_columns(split, concepts)
    return np.concatenate([np.arange(split.n_units), split.signed])[column], precision


def coverage_replicates(
    codes: Codes,
    concepts: Bool[np.ndarray, "rows concepts"],
    group: Int[np.ndarray, " items"],
    weights: Float[np.ndarray, "replicates groups"],
) -> Float[np.ndarray, " replicates"]:
    """The coverage in each replicate, by the units that are best on the items as they are."""
    split = halves(codes)
    column, _ = _best_columns(split, concepts)
    best = split.codes.tocsc()[:, column].tocsr() if is_sparse(split.codes) else split.codes[:, column]
    ranked = RankedSums(np.arange(concepts.shape[1]), weights.shape[1])
    ranked.update(best, concepts, group)
    return np.nan_to_num(ranked.totals(weights).average_precision).mean(axis=1)


def _best_columns(
    split: Halves, concepts: Bool[np.ndarray, "rows concepts"]
) -> tuple[Int[np.ndarray, " concepts"], Float[np.ndarray, " concepts"]]:
    precision = average_precisions(split.codes, concepts)
    column = precision.argmax(axis=0)
    return column, precision[column, np.arange(concepts.shape[1])]


@measure(
    title="Concept coverage",
    family="concepts",
    level="set",
    range=(0.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{|C|} \sum_c \max_u AP(u, c)",
    source="the best unit per concept, as in Bau et al. 2017 (arXiv 1704.05796), turned round",
    needs=("codes", "concepts"),
)
def concept_coverage(codes: Codes, concepts: Bool[np.ndarray, "rows concepts"]) -> float:
    """Mean over concepts of the average precision of the best unit for each.

    The other side of purity: a set whose units are all pure, and all for the same concept, scores low. More
    units give more chances, so compare sets of like size, or read the number of units beside it.

    Args:
        codes: ``(items, units)``, dense or CSR; each sign of a unit is a detector of its own.
        concepts: ``(items, concepts)``, which item has which concept; those that no item has count 0.

    Returns:
        0..1; higher is better.

    Raises:
        MeasureError: numbers of items that differ, or codes that are not finite.

    >>> concept_coverage(np.array([[0.0, 2.0], [1.0, 0.0]]), np.eye(2, dtype=bool))
    1.0
    """
    return float(best_units(codes, concepts)[1].mean())
