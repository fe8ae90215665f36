"""Orthogonal matching pursuit: the k atoms of an item one after the other, each by what is still missing.

Items never leave the space of projections. With the Gram matrix of the atoms, what a new direction of the
basis projects to is a row of that matrix less what the directions before it project to; so a choice costs as
many multiplications as there are components times choices so far, whatever the number of neurons (Rubinstein,
Zibulevsky & Elad 2008, "Efficient Implementation of the K-SVD Algorithm using Batch OMP").
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

import numpy as np
import torch
from jaxtyping import Float32, Int32

from sememe.dictionaries.kernels.compiled import current_threads, kernel, next_task, over_tasks, threads_for

# Items whose projections on all atoms lie in memory at a time, and those that a thread takes at a time.
_BATCH = 8192
_TASK = 64

# A direction shorter than this, after what is chosen already is removed from it, is rounding error.
_NEW_DIRECTION = 1e-3
# So is a projection smaller than this share of the item's largest.
_ENOUGH = 1e-5


def pursue(
    x: Float32[np.ndarray, "items neurons"], atoms: Float32[np.ndarray, "components neurons"], k: int
) -> tuple[Int32[np.ndarray, "items active"], Float32[np.ndarray, "items active"]]:
    """Components and codes of each item, in the order in which they were chosen.

    An atom, of unit length, is chosen for a positive projection of what is left only; where none is, the
    remaining codes are 0.
    """
    components = np.zeros((len(x), k), np.int32)
    codes = np.zeros((len(x), k), np.float32)
    gram = (torch.from_numpy(atoms) @ torch.from_numpy(atoms).T).numpy()
    with threads_for(x.size * len(atoms) + len(x) * k * k * len(atoms)):
        shapes = ((k, len(atoms)), (k, k), (k,))
        room = tuple(np.empty((current_threads(), *shape), np.float32) for shape in shapes)
        for start in range(0, len(x), _BATCH):
            batch = slice(start, start + _BATCH)
            projections = (torch.from_numpy(x[batch]) @ torch.from_numpy(atoms).T).numpy()
            _pursue(projections, gram, components[batch], codes[batch], *room)
    return components, codes


@kernel
def _pursue_item(projections, gram, components, codes, basis, triangle, target):
    n_components, k = gram.shape[0], codes.shape[0]
    enough = np.float32(0.0)
    chosen = 0
    for choice in range(k):
        best, largest = 0, projections[0]
        for j in range(1, n_components):
            if projections[j] > largest:
                best, largest = j, projections[j]
        if choice == 0:
            enough = np.float32(_ENOUGH) * largest
        if largest <= enough or largest <= 0:
            break
        # What of the atom is new: its length squared less its projections on the basis so far.
        new = np.float64(gram[best, best])
        for i in range(chosen):
            along = basis[i, best]
            triangle[i, chosen] = along
            new -= np.float64(along) * along
        projections[best] = -np.inf
        if new <= _NEW_DIRECTION * _NEW_DIRECTION:
            continue
        length = np.float32(np.sqrt(new))
        direction = basis[chosen]
        for j in range(n_components):
            direction[j] = gram[best, j]
        for i in range(chosen):
            along = triangle[i, chosen]
            for j in range(n_components):
                direction[j] -= along * basis[i, j]
        step = largest / length
        for j in range(n_components):
            direction[j] /= length
            projections[j] -= step * direction[j]
        triangle[chosen, chosen] = length
        target[chosen] = step
        components[chosen] = best
        chosen += 1
    for i in range(chosen - 1, -1, -1):
        rest = target[i]
        for j in range(i + 1, chosen):
            rest -= triangle[i, j] * codes[j]
        codes[i] = rest / triangle[i, i]


@over_tasks
def _pursue(counter, thread, projections, gram, components, codes, basis, triangle, target):
    items = codes.shape[0]
    tasks = (items + _TASK - 1) // _TASK
    task = next_task(counter, thread, tasks)
    while task < tasks:
        for i in range(task * _TASK, min((task + 1) * _TASK, items)):
            _pursue_item(
                projections[i], gram, components[i], codes[i], basis[thread], triangle[thread], target[thread]
            )
        task = next_task(counter, thread, tasks)
