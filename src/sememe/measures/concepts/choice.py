"""Which concept a unit stands for: the one whose items it ranks highest, by average precision above chance.

Chance is a concept's own frequency ``p``, so the choice goes by ``(AP - p) / (1 - p)``: by average precision
alone, the concept that most items have would suit every unit.

The choice is made on other items than those that are scored (the development split), or the best of many
concepts looks better than it is. A signed unit has a concept for each sign.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

from sememe.measures.codes import Codes, checked, strongest_first
from sememe.measures.concepts.ranked_totals import Ranking, check_concepts
from sememe.measures.kernels.ranking import precision_of_all_concepts
from sememe.measures.signs import Halves, halves


def average_precisions(
    codes: Codes, concepts: Bool[np.ndarray, "rows concepts"], ranking: Ranking | None = None
) -> Float[np.ndarray, "units concepts"]:
    """Average precision of every unit, its codes >= 0, for every concept; a concept that no item has gets 0.

    >>> concepts = np.array([[1, 0], [1, 0], [0, 1], [0, 0]], bool)
    >>> average_precisions(np.array([[2.0], [1.0], [0.0], [0.0]]), concepts)
    array([[1.  , 0.25]])
    """
    check_concepts(concepts, codes.shape[0])
    bounds, items, values = strongest_first(checked(codes)) if ranking is None else ranking
    return precision_of_all_concepts(bounds, items, values, concepts.astype(np.uint8))


def choose_concepts(codes: Codes, concepts: Bool[np.ndarray, "rows concepts"]) -> Int[np.ndarray, "2 units"]:
    """The best concept of each unit, for its positive and for its negative codes; -1 where it never fires so.

    >>> codes = np.array([[2.0, 0.0], [-1.0, 0.0]])
    >>> choose_concepts(codes, np.array([[True, False], [False, True]]))
    array([[ 0, -1],
           [ 1, -1]])
    """
    split = halves(codes)
    best = best_of_halves(split, concepts)
    chosen = np.full((2, split.n_units), -1)
    chosen[0] = best[: split.n_units]
    chosen[1, split.signed] = best[split.n_units :]
    return chosen


def best_of_halves(
    split: Halves, concepts: Bool[np.ndarray, "rows concepts"], ranking: Ranking | None = None
) -> Int[np.ndarray, " columns"]:
    """The best concept of each column; -1 for one that never fires."""
    ranking = strongest_first(checked(split.codes)) if ranking is None else ranking
    fires = np.diff(ranking[0]) > 0
    gained = above_chance(average_precisions(split.codes, concepts, ranking), concepts.mean(axis=0))
    return np.where(fires, gained.argmax(axis=1), -1)


def above_chance(
    precision: Float[np.ndarray, "*units concepts"], frequency: Float[np.ndarray, " concepts"]
) -> Float[np.ndarray, "*units concepts"]:
    """Average precision as a share of the way from chance, 0, to the perfect detector, 1.

    Args:
        precision: average precision of each unit for each concept, 0..1.
        frequency: share of the items that have the concept, 0..1. What all items have, or none, says nothing
            of a unit: it gets 0.

    >>> above_chance(np.array([0.75, 1.0]), np.array([0.5, 1.0]))
    array([0.5, 0. ])
    """
    says_something = (frequency > 0) & (frequency < 1)
    gain = precision - frequency
    return np.divide(gain, 1 - frequency, out=np.zeros_like(gain), where=says_something)


def of_columns(chosen: Int[np.ndarray, "2 units"], split: Halves) -> Int[np.ndarray, " columns"]:
    """The chosen concepts in the order of the halves' columns."""
    return np.concatenate([chosen[0], chosen[1, split.signed]])
