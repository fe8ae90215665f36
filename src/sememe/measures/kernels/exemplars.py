"""Compiled loops over each unit's exemplars: 2-means of them, and sums over pairs in every replicate.

A replicate takes some thirty of sixty remembered items, so the pairs to sum are few but others each time: a
loop that skips the absent ones does a quarter of the work of a matrix product and needs no array of all
replicates.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def two_means(cosine: np.ndarray, taken: np.ndarray, rounds: int) -> np.ndarray:
    """Which items of each unit lie in the second of two clusters, ``(units, items)``.

    Lloyd's algorithm from a start that needs no chance: the two items that are farthest apart. Only ``taken``
    items move the centres; the others are put to the nearer one. ``cosine`` is ``(units, items, items)``.
    """
    n_units, m = taken.shape
    second = np.zeros((n_units, m), np.bool_)
    for u in range(n_units):
        gram = cosine[u]
        first, last, farthest = -1, -1, -1.0
        for i in range(m):
            for j in range(i + 1, m):
                if taken[u, i] and taken[u, j]:
                    distance = gram[i, i] + gram[j, j] - 2 * gram[i, j]
                    if distance > farthest:
                        first, last, farthest = i, j, distance
        if first < 0:
            continue
        # Weights of the points in each centre: a centre is never formed, only its products with the points.
        weight = np.zeros((2, m))
        weight[0, first], weight[1, last] = 1.0, 1.0
        for _ in range(rounds):
            towards = np.zeros((2, m))
            length = np.zeros(2)
            for c in range(2):
                for j in range(m):
                    if weight[c, j] > 0:
                        for i in range(m):
                            towards[c, i] += weight[c, j] * gram[j, i]
                for i in range(m):
                    length[c] += weight[c, i] * towards[c, i]
            changed = False
            count = np.zeros(2)
            for i in range(m):
                moved = length[1] - 2 * towards[1, i] < length[0] - 2 * towards[0, i]
                if moved != second[u, i]:
                    changed = True
                second[u, i] = moved
                if taken[u, i]:
                    count[1 if moved else 0] += 1
            if not changed:
                break
            for c in range(2):
                if count[c] > 0:
                    for i in range(m):
                        member = taken[u, i] and second[u, i] == (c == 1)
                        weight[c, i] = 1.0 / count[c] if member else 0.0
    return second


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def exemplar_sums(
    weights: np.ndarray,
    group: np.ndarray,
    firing: np.ndarray,
    cosine: np.ndarray,
    second: np.ndarray,
    top: int,
) -> np.ndarray:
    """Sums over the top items of every unit in every replicate, ``(7, replicates, units)``.

    Number of items in the first and in the second cluster, squared length of the sum of embeddings of each,
    product of the two sums, what an item and its own copies add to these, and the number of ordered pairs of
    different items.
    """
    n_replicates, (n_units, m) = weights.shape[0], group.shape
    sums = np.zeros((7, n_replicates, n_units))
    index, times = np.empty((2, m), np.int64), np.empty((2, m))
    count = np.empty(2, np.int64)
    for u in range(n_units):
        for r in range(n_replicates):
            left, squares = float(top), 0.0
            count[:] = 0
            for i in range(firing[u]):
                drawn = min(weights[r, group[u, i]], left)
                if drawn > 0:
                    c = 1 if second[u, i] else 0
                    index[c, count[c]], times[c, count[c]] = i, drawn
                    count[c] += 1
                    left -= drawn
                    squares += drawn * drawn
                    if left == 0:
                        break
            taken = float(top) - left
            sums[6, r, u] = taken * taken - squares
            for c in range(2):
                for a in range(count[c]):
                    i, mine = index[c, a], times[c, a]
                    itself = mine * mine * cosine[u, i, i]
                    pairs = 0.0
                    for b in range(a):
                        pairs += times[c, b] * cosine[u, i, index[c, b]]
                    sums[c, r, u] += mine
                    sums[2 + c, r, u] += itself + 2 * mine * pairs
                    sums[5, r, u] += itself
            for a in range(count[1]):
                i, across = index[1, a], 0.0
                for b in range(count[0]):
                    across += times[0, b] * cosine[u, i, index[0, b]]
                sums[4, r, u] += times[1, a] * across
    return sums
