"""Orthogonal matching pursuit in NumPy, many items at once: the codes of atoms that have no encoder.

As :mod:`sememe.dictionaries.kernels.pursuit`, choice for choice; there is the reasoning. Here everything is
in float64, so that nothing needs to be refined or settled.
"""

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64

# A direction shorter than this, and a projection smaller than this share of the first, are rounding errors.
_NEW_DIRECTION = 1e-3
_ENOUGH = 1e-5
# Projections that differ by less than this share of the first are equal: the first of the atoms is chosen.
_EQUAL = 1e-9
# Keeps the blocks of atoms that coincide invertible, as in sememe.dictionaries.pursuit.
_RIDGE = 1e-6
# Bytes of basis vectors in memory at a time.
_CHUNK_BYTES = 4 * 2**20


def pursue(
    x: Float32[np.ndarray, "items neurons"], atoms: Float32[np.ndarray, "components neurons"], k: int
) -> Float32[np.ndarray, "items components"]:
    """Codes of items for atoms of unit length, k of them at most, each chosen for a positive projection."""
    wide = atoms.astype(np.float64)
    gram = wide @ wide.T
    codes = np.zeros((len(x), len(atoms)), np.float32)
    step = max(1, _CHUNK_BYTES // (8 * k * len(atoms)))
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        codes[part] = _pursue(x[part].astype(np.float64) @ wide.T, gram, k)
    return codes


def least_squares(
    atoms: Float32[np.ndarray, "components neurons"],
    chosen: Int64[np.ndarray, "items active"],
    projections: Float32[np.ndarray, "items active"],
) -> Float32[np.ndarray, "items active"]:
    """Codes of each item's chosen atoms that reconstruct it best, from its projections on them."""
    wide = atoms.astype(np.float64)
    gram = wide @ wide.T + _RIDGE * np.eye(len(atoms))
    codes = np.empty_like(projections)
    step = max(1, _CHUNK_BYTES // (8 * chosen.shape[1] ** 2))
    for start in range(0, len(chosen), step):
        part = chosen[start : start + step]
        blocks = gram[part[:, :, None], part[:, None, :]]
        targets = projections[start : start + step].astype(np.float64)
        codes[start : start + step] = np.linalg.solve(blocks, targets[..., None])[..., 0]
    return codes


def _pursue(
    projections: Float64[np.ndarray, "items components"],
    gram: Float64[np.ndarray, "components components"],
    k: int,
) -> Float64[np.ndarray, "items components"]:
    n_items, n_components = projections.shape
    everyone = np.arange(n_items)
    chosen = np.zeros(n_items, np.int64)  # atoms that an item has by now
    components = np.zeros((n_items, k), np.int64)
    basis = np.zeros((n_items, k, n_components))
    triangle = np.zeros((n_items, k, k))
    target = np.zeros((n_items, k))
    first = projections.max(axis=1)
    for choice in range(k):
        largest = projections.max(axis=1)
        best = (projections >= (largest - _EQUAL * first)[:, None]).argmax(axis=1)
        largest = projections[everyone, best]
        going = everyone[(largest > _ENOUGH * first) & (largest > 0)]
        if not len(going):
            break
        atom, slot = best[going], chosen[going]
        along = basis[going, :choice, atom]  # zero where no direction is yet
        new = gram[atom, atom] - np.square(along).sum(axis=1)
        projections[going, atom] = -np.inf
        fresh = new > _NEW_DIRECTION**2
        going, atom, slot, along = going[fresh], atom[fresh], slot[fresh], along[fresh]
        length = np.sqrt(new[fresh])
        before = basis[:, :choice] if len(going) == n_items else basis[going, :choice]
        direction = gram[atom] - (along[:, None] @ before)[:, 0]
        direction /= length[:, None]
        move = largest[going] / length
        projections[going] -= move[:, None] * direction
        basis[going, slot] = direction
        triangle[going, :choice, slot] = along
        triangle[going, slot, slot] = length
        target[going, slot] = move
        components[going, slot] = atom
        chosen[going] += 1
    return _solved(triangle, target, components, np.arange(k) < chosen[:, None], n_components)


def _solved(
    triangle: Float64[np.ndarray, "items active active"],
    target: Float64[np.ndarray, "items active"],
    components: Int64[np.ndarray, "items active"],
    used: Bool[np.ndarray, "items active"],
    n_components: int,
) -> Float64[np.ndarray, "items components"]:
    """Codes of the chosen atoms from the coefficients of the basis, by back substitution."""
    n_items, k = target.shape
    codes = np.zeros((n_items, k))
    for i in range(k - 1, -1, -1):
        rest = target[:, i] - np.einsum("ij,ij->i", triangle[:, i, i + 1 :], codes[:, i + 1 :])
        np.divide(rest, triangle[:, i, i], out=codes[:, i], where=used[:, i])
    dense = np.zeros((n_items, n_components))
    dense[np.nonzero(used)[0], components[used]] = codes[used]
    return dense
