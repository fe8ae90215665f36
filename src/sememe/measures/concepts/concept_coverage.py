"""Concept coverage: how well each concept is found by some unit."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import sparse

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Estimate, Resampling
from sememe.measures.codes import Codes, checked, is_sparse, strongest_first
from sememe.measures.concepts.choice import average_precisions
from sememe.measures.concepts.ranked_totals import RankedSums
from sememe.measures.record import measure
from sememe.measures.signs import halves

RANKS = 8
"""Units that are remembered for each concept: a replicate that has not drawn the best takes the next."""

Finders = Int[np.ndarray, "2 ranks concepts"] | None
"""From :func:`choose_units` on other items; None: chosen on the items themselves."""


def best_units(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"]
) -> tuple[Int[np.ndarray, " concepts"], Float[np.ndarray, " concepts"]]:
    """For each concept the unit that ranks its items highest, and its average precision.

    >>> units, precision = best_units(np.array([[0.0, 2.0], [1.0, 0.0]]), np.eye(2, dtype=bool))
    >>> units, precision
    (array([1, 0]), array([1., 1.]))
    """
    finders = choose_units(codes, concepts)
    return finders[0, 0], _precisions(codes, concepts, finders)[0]


def choose_units(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"]
) -> Int[np.ndarray, "2 ranks concepts"]:
    """For each concept the units that rank its items highest, the best first, up to eight.

    Of each, its number and with which sign of its codes, 1 or -1.

    >>> choose_units(np.array([[0.0, -2.0], [1.0, 0.0]]), np.eye(2, dtype=bool))[:, 0]
    array([[ 1,  0],
           [-1,  1]])
    """
    split = halves(codes)
    ranking = strongest_first(checked(split.codes))
    fires = np.diff(ranking[0]) > 0
    precision = np.where(fires[:, None], average_precisions(split.codes, concepts, ranking), -1.0)
    column = np.argsort(-precision, axis=0, kind="stable")[:RANKS]
    sign = np.where(column < split.n_units, 1, -1)
    return np.stack([np.concatenate([np.arange(split.n_units), split.signed])[column], sign])


def coverage_estimate(
    codes: Codes,
    concepts: Bool[np.ndarray, "rows concepts"],
    finders: Finders,
    group: Int[np.ndarray, " items"],
    resampling: Resampling,
) -> Estimate:
    """The coverage, with replicates that draw images and units.

    The two draws have nothing to do with each other, so what they move is added. Units count for much: which
    of them come near a concept is the luck of a seed, and images alone would call two random dictionaries
    different far too often.

    Raises:
        MeasureError: numbers of items that differ, codes that are not finite, or finders of other concepts.
    """
    finders = choose_units(codes, concepts) if finders is None else finders
    each = _precisions(codes, concepts, finders)
    value = float(each[0].mean())
    sums = _sums(codes, concepts, finders[:, 0], group, resampling.n_groups)
    # A replicate without an item of a concept has no precision for it, nor has a finder that never fires.
    by_images = np.nan_to_num(sums.totals(resampling.weights).average_precision).mean(axis=1)
    there = (resampling.unit_weights(codes.shape[1]) > 0)[:, finders[0]]
    first = np.where(there.any(axis=1), there.argmax(axis=1), len(each) - 1)
    by_units = each[first, np.arange(concepts.shape[1])].mean(axis=1)
    return Estimate(value, by_images + by_units - value)


def _precisions(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], finders: Int[np.ndarray, "2 ranks concepts"]
) -> Float[np.ndarray, "ranks concepts"]:
    """Average precision of every finder for its concept.

    0 for a finder that never fires with its sign, and for a concept that no item has.
    """
    _check_finders(finders, concepts, codes)
    split = halves(codes)
    ranking = strongest_first(checked(split.codes))
    fires = np.diff(ranking[0]) > 0
    found = np.where(fires[:, None], average_precisions(split.codes, concepts, ranking), 0.0)
    column = np.full((2, split.n_units), -1)
    column[0] = np.arange(split.n_units)
    column[1, split.signed] = split.n_units + np.arange(split.signed.size)
    unit, sign = finders
    own = column[np.where(sign > 0, 0, 1), unit]
    return np.where(own >= 0, found[own, np.arange(concepts.shape[1])], 0.0)


def _sums(
    codes: Codes,
    concepts: Bool[np.ndarray, "rows concepts"],
    finders: Int[np.ndarray, "2 concepts"],
    group: Int[np.ndarray, " items"],
    n_groups: int,
) -> RankedSums:
    """The finder of each concept as a column of its own, with its concept."""
    unit, sign = finders
    if is_sparse(codes):
        found = (codes.tocsc()[:, unit] @ sparse.diags_array(sign.astype(np.float64))).tocsr().maximum(0)
    else:
        found = np.maximum(codes[:, unit] * sign, 0)
    sums = RankedSums(np.arange(concepts.shape[1]), n_groups)
    sums.update(found, concepts, group)
    return sums


def _check_finders(
    finders: Int[np.ndarray, "2 ranks concepts"], concepts: Bool[np.ndarray, "rows concepts"], codes: Codes
) -> None:
    if finders.shape[2] != concepts.shape[1] or finders[0].max() >= codes.shape[1]:
        raise MeasureError(
            f"There are finders of {finders.shape[2]} concepts among {finders[0].max() + 1} units or more, "
            f"but {concepts.shape[1]} concepts and {codes.shape[1]} units."
        )


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
def concept_coverage(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], finders: Finders = None
) -> float:
    """Mean over concepts of the average precision of the best unit for each.

    The other side of purity: a set whose units are all pure, and all for the same concept, scores low. More
    units give more chances, so compare sets of like size, or read the number of units beside it.

    Args:
        codes: ``(items, units)``, dense or CSR; each sign of a unit is a detector of its own.
        concepts: ``(items, concepts)``, which item has which concept; those that no item has count 0.
        finders: ``(2, ranks, concepts)`` from :func:`~sememe.measures.choose_units` on other items: the best
            units for each concept, and their signs. None chooses on the items that are scored, which
            flatters every set, and most of all one of many units.

    Returns:
        0..1; higher is better. A best unit that never fires counts 0.

    Raises:
        MeasureError: numbers of items that differ, or codes that are not finite.

    >>> concept_coverage(np.array([[0.0, 2.0], [1.0, 0.0]]), np.eye(2, dtype=bool))
    1.0
    """
    best = (choose_units(codes, concepts) if finders is None else finders)[:, :1]
    return float(_precisions(codes, concepts, best).mean())
