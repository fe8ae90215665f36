"""Compiled passes over each unit's firings from the strongest down: average precision and the best F1.

Firings lie unit after unit, those of a unit from the greatest code down; ``bounds`` says where each unit
begins. Equal codes are one threshold: precision is taken after the last of them. Silent items come last, all
at once.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def precision_of_all_concepts(
    bounds: np.ndarray, items: np.ndarray, values: np.ndarray, concepts: np.ndarray
) -> np.ndarray:
    """Average precision of every unit for every concept; 0 for a concept without items."""
    n_units, (n_items, n_concepts) = bounds.shape[0] - 1, concepts.shape
    total = np.zeros(n_concepts)
    for i in range(n_items):
        for c in range(n_concepts):
            total[c] += concepts[i, c]
    score = np.zeros((n_units, n_concepts))
    seen, fresh = np.empty(n_concepts), np.empty(n_concepts)
    for u in range(n_units):
        seen[:] = 0
        fresh[:] = 0
        for k in range(bounds[u], bounds[u + 1]):
            for c in range(n_concepts):
                fresh[c] += concepts[items[k], c]
            if k + 1 == bounds[u + 1] or values[k + 1] != values[k]:
                rank = k + 1 - bounds[u]
                for c in range(n_concepts):
                    seen[c] += fresh[c]
                    score[u, c] += fresh[c] * seen[c] / rank
                    fresh[c] = 0
        for c in range(n_concepts):
            if total[c] > 0:
                score[u, c] = (score[u, c] + (total[c] - seen[c]) * total[c] / n_items) / total[c]
    return score


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"}, error_model="numpy")
def ranked_scores(
    bounds: np.ndarray,
    values: np.ndarray,
    positive: np.ndarray,
    group: np.ndarray,
    weights: np.ndarray,
    n_items: np.ndarray,
    n_positive: np.ndarray,
) -> np.ndarray:
    """Average precision and best F1 of units for their concepts, ``(2, replicates, units)``.

    ``weights`` ``(groups, replicates)``; ``n_items`` ``(replicates,)`` and ``n_positive`` ``(replicates,
    units)`` count all items, silent ones included. NaN where a replicate has no item with the concept.
    """
    n_units, n_replicates = bounds.shape[0] - 1, weights.shape[1]
    scores = np.empty((2, n_replicates, n_units))
    taken, seen, fresh = np.empty(n_replicates), np.empty(n_replicates), np.empty(n_replicates)
    precision, best = np.empty(n_replicates), np.empty(n_replicates)
    for u in range(n_units):
        total = n_positive[:, u].copy()
        taken[:], seen[:], fresh[:], precision[:], best[:] = 0, 0, 0, 0, 0
        news = False
        for k in range(bounds[u], bounds[u + 1]):
            drawn = weights[group[k]]
            if positive[k]:
                news = True
                for r in range(n_replicates):
                    taken[r] += drawn[r]
                    fresh[r] += drawn[r]
            else:
                for r in range(n_replicates):
                    taken[r] += drawn[r]
            # Neither score can rise where no item with the concept has come.
            if news and (k + 1 == bounds[u + 1] or values[k + 1] != values[k]):
                news = False
                for r in range(n_replicates):
                    seen[r] += fresh[r]
                    precision[r] += fresh[r] * seen[r] / max(taken[r], 1.0)
                    best[r] = max(best[r], 2 * seen[r] / (taken[r] + total[r]))
                    fresh[r] = 0
        for r in range(n_replicates):
            rest = total[r] - seen[r]
            scores[0, r, u] = (precision[r] + rest * total[r] / n_items[r]) / total[r]
            scores[1, r, u] = max(best[r], 2 * total[r] / (n_items[r] + total[r])) if total[r] > 0 else np.nan
    return scores
