"""Orthogonal matching pursuit: the k atoms of an item one after the other, each by what is still missing.

Items never leave the space of projections. With the Gram matrix of the atoms, what a new direction of the
basis projects to is a row of that matrix less what the directions before it project to; so a choice costs as
many multiplications as there are components times choices so far, whatever the number of neurons (Rubinstein,
Zibulevsky & Elad 2008, "Efficient Implementation of the K-SVD Algorithm using Batch OMP").

All of that is in float32, whose rounding grows where chosen atoms resemble one another. So that codes do not
depend on it, they are refined at the end against the item itself, in float64; and a choice between atoms that
float32 cannot tell apart is settled in float64.
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
# So is a projection smaller than this share of the item's largest, and so is a difference of projections.
_ENOUGH = 1e-5
# Those that differ by less than this share of it in float64 are equal: the first atom is chosen.
_EQUAL = 1e-9
# Relative errors of codes in either format, and how many steps of refinement it may take to get there.
_FLOAT32 = 1e-8
_FLOAT64 = 1e-14
_STEPS = 8


def pursue(
    x: Float32[np.ndarray, "items neurons"], atoms: Float32[np.ndarray, "components neurons"], k: int
) -> tuple[Int32[np.ndarray, "items active"], Float32[np.ndarray, "items active"]]:
    """Components and codes of each item, in the order in which they were chosen.

    An atom, of unit length, is chosen for a positive projection of what is left only; where none is, the
    remaining codes are 0. Of atoms with equal projections the first is chosen. Codes are exact to float32's
    precision for what was chosen.
    """
    components = np.zeros((len(x), k), np.int32)
    codes = np.zeros((len(x), k), np.float32)
    gram = (torch.from_numpy(atoms) @ torch.from_numpy(atoms).T).numpy()
    with threads_for(x.size * len(atoms) + len(x) * k * k * len(atoms)):
        threads = current_threads()
        room = tuple(np.empty((threads, *shape), np.float32) for shape in ((k, len(atoms)), (k, k), (k,)))
        wide = tuple(np.empty((threads, *shape)) for shape in ((k,), (k,), x.shape[1:]))
        for start in range(0, len(x), _BATCH):
            batch = slice(start, start + _BATCH)
            projections = (torch.from_numpy(x[batch]) @ torch.from_numpy(atoms).T).numpy()
            bits = projections.view(np.int32)
            _pursue(x[batch], atoms, projections, bits, gram, components[batch], codes[batch], *room, *wide)
    return components, codes


@kernel
def _pursue_item(
    item, atoms, projections, bits, gram, components, codes, basis, triangle, target, exact, change, rest
):
    # ``bits`` are the projections again, as integers: positive floats are in the order of their bits, and a
    # maximum of integers is quick to find.
    n_components, k = gram.shape[0], codes.shape[0]
    first = np.float32(0.0)
    enough = np.float32(0.0)
    chosen = 0
    for choice in range(k):
        most = np.int32(0)
        for j in range(n_components):
            most = max(most, bits[j])
        if most == 0:
            break
        best = 0
        while bits[best] != most:
            best += 1
        largest = projections[best]
        if choice == 0:
            first = largest
            enough = np.float32(_ENOUGH) * largest
        if largest <= enough:
            break
        least = largest - enough
        alike = np.int32(0)
        for j in range(n_components):
            alike += np.int32(projections[j] >= least)
        if alike > 1:
            _solve(triangle, target, chosen, exact)
            _refine(item, atoms, components, triangle, chosen, exact, change, rest, _FLOAT64)
            _leave(item, atoms, components, chosen, exact, rest)
            best = _first_of_the_largest(atoms, rest, projections, least, _EQUAL * first)
            largest = projections[best]
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
    _solve(triangle, target, chosen, exact)
    _refine(item, atoms, components, triangle, chosen, exact, change, rest, _FLOAT32)
    for i in range(chosen):
        codes[i] = exact[i]


@kernel
def _solve(triangle, target, chosen, codes):
    """Codes of the chosen atoms from the coefficients of the basis, by back substitution."""
    for i in range(chosen - 1, -1, -1):
        value = np.float64(target[i])
        for j in range(i + 1, chosen):
            value -= triangle[i, j] * codes[j]
        codes[i] = value / triangle[i, i]


@kernel
def _leave(item, atoms, components, chosen, codes, rest):
    """What codes leave of an item."""
    for n in range(rest.shape[0]):
        rest[n] = item[n]
    for i in range(chosen):
        atom, code = atoms[components[i]], codes[i]
        for n in range(rest.shape[0]):
            rest[n] -= code * atom[n]


@kernel
def _refine(item, atoms, components, triangle, chosen, codes, change, rest, precision):
    """Iterative refinement: what the codes leave, in float64, is solved by the float32 triangle and added.

    Each step shrinks the error by the same factor (Higham 2002, "Accuracy and Stability of Numerical
    Algorithms", chapter 12): so a change below the root of the wanted precision is the last one needed.
    """
    for _ in range(_STEPS):
        _leave(item, atoms, components, chosen, codes, rest)
        for i in range(chosen):
            atom = atoms[components[i]]
            value = 0.0
            for n in range(rest.shape[0]):
                value += rest[n] * atom[n]
            for j in range(i):
                value -= triangle[j, i] * change[j]
            change[i] = value / triangle[i, i]
        most, moved = 0.0, 0.0
        for i in range(chosen - 1, -1, -1):
            value = change[i]
            for j in range(i + 1, chosen):
                value -= triangle[i, j] * change[j]
            change[i] = value / triangle[i, i]
            codes[i] += change[i]
            most = max(most, abs(codes[i]))
            moved = max(moved, abs(change[i]))
        if moved * moved <= precision * most * most:
            break


@kernel
def _first_of_the_largest(atoms, rest, projections, least, equal):
    """Which atom, of those whose float32 projection is at least so much, has the largest one in float64."""
    largest = -np.inf
    best = 0
    for again in range(2):
        for j in range(atoms.shape[0]):
            if projections[j] >= least:
                value = 0.0
                for n in range(rest.shape[0]):
                    value += rest[n] * atoms[j, n]
                if again == 0:
                    largest = max(largest, value)
                elif value >= largest - equal:
                    return j
    return best


@over_tasks
def _pursue(
    counter,
    thread,
    x,
    atoms,
    projections,
    bits,
    gram,
    components,
    codes,
    basis,
    triangle,
    target,
    exact,
    change,
    rest,
):
    items = codes.shape[0]
    tasks = (items + _TASK - 1) // _TASK
    task = next_task(counter, thread, tasks)
    while task < tasks:
        for i in range(task * _TASK, min((task + 1) * _TASK, items)):
            _pursue_item(
                x[i],
                atoms,
                projections[i],
                bits[i],
                gram,
                components[i],
                codes[i],
                basis[thread],
                triangle[thread],
                target[thread],
                exact[thread],
                change[thread],
                rest[thread],
            )
        task = next_task(counter, thread, tasks)
