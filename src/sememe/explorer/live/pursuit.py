"""Orthogonal matching pursuit in NumPy, many items at once: the codes of atoms that have no encoder.

As :mod:`sememe.dictionaries.kernels.pursuit`, choice for choice; there is the reasoning.
"""

import numpy as np
from jaxtyping import Float32, Int64

# A direction shorter than this, and a projection smaller than this share of the first, are rounding errors.
_NEW_DIRECTION = 1e-3
_ENOUGH = 1e-5
# Keeps the blocks of atoms that coincide invertible, as in sememe.dictionaries.pursuit.
_RIDGE = 1e-6
# Added to the diagonal of the atoms' products, so that an atom chosen twice does not make them singular.
_RIDGE = 1e-6
# Bytes of basis vectors in memory at a time.
_CHUNK_BYTES = 16 * 2**20


def pursue(
    x: Float32[np.ndarray, "items neurons"], atoms: Float32[np.ndarray, "components neurons"], k: int
) -> Float32[np.ndarray, "items components"]:
    """Codes of items for atoms of unit length, k of them at most, each chosen for a positive projection."""
    gram = atoms @ atoms.T
    codes = np.zeros((len(x), len(atoms)), np.float32)
    step = max(1, _CHUNK_BYTES // (4 * k * len(atoms)))
    for start in range(0, len(x), step):
        part = slice(start, start + step)
        codes[part] = _pursue(x[part] @ atoms.T, gram, k)
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
    projections: Float32[np.ndarray, "items components"],
    gram: Float32[np.ndarray, "components components"],
    k: int,
) -> Float32[np.ndarray, "items components"]:
    n_items, n_components = projections.shape
    projections = projections.copy()
    everyone = np.arange(n_items)
    chosen = np.zeros(n_items, np.int64)  # atoms that an item has by now
    components = np.zeros((n_items, k), np.int64)
    basis = np.zeros((n_items, k, n_components), np.float32)
    triangle = np.zeros((n_items, k, k), np.float32)
    target = np.zeros((n_items, k), np.float32)
    enough = np.float32(_ENOUGH) * projections.max(axis=1)
    for _ in range(2 * k):
        best = projections.argmax(axis=1)
        largest = projections[everyone, best]
        going = everyone[(chosen < k) & (largest > enough) & (largest > 0)]
        if not len(going):
            break
        atom, slot = best[going], chosen[going]
        along = basis[going, :, atom]  # zero where no direction is yet
        new = gram[atom, atom].astype(np.float64) - np.square(along, dtype=np.float64).sum(axis=1)
        projections[going, atom] = -np.inf
        fresh = new > _NEW_DIRECTION**2
        going, atom, slot, along = going[fresh], atom[fresh], slot[fresh], along[fresh]
        length = np.sqrt(new[fresh]).astype(np.float32)
        direction = gram[atom] - np.einsum("ik,ikc->ic", along, basis[going])
        direction /= length[:, None]
        move = largest[going] / length
        projections[going] -= move[:, None] * direction
        basis[going, slot] = direction
        triangle[going, :, slot] = along
        triangle[going, slot, slot] = length
        target[going, slot] = move
        components[going, slot] = atom
        chosen[going] += 1
    return _solved(triangle, target, components, chosen, n_components)


def _solved(
    triangle: Float32[np.ndarray, "items active active"],
    target: Float32[np.ndarray, "items active"],
    components: np.ndarray,
    chosen: np.ndarray,
    n_components: int,
) -> Float32[np.ndarray, "items components"]:
    """Codes of the chosen atoms from the coefficients of the basis, by back substitution."""
    n_items, k = target.shape
    codes = np.zeros((n_items, k), np.float32)
    for i in range(k - 1, -1, -1):
        rest = target[:, i] - np.einsum("ij,ij->i", triangle[:, i, i + 1 :], codes[:, i + 1 :])
        pivot = triangle[:, i, i]
        codes[:, i] = np.divide(rest, pivot, out=np.zeros_like(rest), where=pivot > 0)
    dense = np.zeros((n_items, n_components), np.float32)
    used = np.arange(k) < chosen[:, None]
    dense[np.nonzero(used)[0], components[used]] = codes[used]
    return dense


def refitted(
    x: Float32[np.ndarray, "items neurons"],
    atoms: Float32[np.ndarray, "components neurons"],
    chosen: Float32[np.ndarray, "items components"],
) -> Float32[np.ndarray, "items components"]:
    """Codes of the atoms that are not zero in ``chosen``, as many for each item, that rebuild it best.

    They may be negative. As :func:`sememe.dictionaries.pursuit.least_squares`.
    """
    k = int((chosen != 0).sum(axis=1).max(initial=0))
    components = np.argsort(chosen == 0, axis=1, kind="stable")[:, :k]
    gram = atoms.astype(np.float64) @ atoms.T.astype(np.float64) + _RIDGE * np.eye(len(atoms))
    projections = np.take_along_axis((x @ atoms.T).astype(np.float64), components, axis=1)
    codes = np.zeros_like(chosen)
    step = max(1, _CHUNK_BYTES // (8 * max(1, k) ** 2))
    for start in range(0, len(x) if k else 0, step):
        part = slice(start, start + step)
        of = components[part]
        values = np.linalg.solve(gram[of[:, :, None], of[:, None, :]], projections[part, :, None])[..., 0]
        np.put_along_axis(codes[part], of, values.astype(np.float32), axis=1)
    return codes
