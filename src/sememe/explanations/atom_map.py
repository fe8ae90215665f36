"""A layer's atoms on a plane, and how far the plane can be trusted."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Real

from sememe.errors import MeasureError
from sememe.measures.similarity.embeddings import unit_length

Method = Literal["pca", "tsne"]

# Neighbours that are compared before and after, and atoms beyond which some stand for all.
_NEIGHBOURS = 10
_MOST_JUDGED = 2_000


@dataclass(frozen=True, eq=False)
class AtomMap:
    """Where each atom lies on the plane."""

    place: Float[np.ndarray, "atoms 2"]  # centred, largest distance from the centre 1
    method: Method
    trustworthiness: float  # 0 to 1: 1, all neighbours on the plane are neighbours; NaN for too few atoms
    neighbours: int  # that trustworthiness looks at


def atom_map(atoms: Real[np.ndarray, "atoms neurons"], method: Method = "pca", seed: int = 0) -> AtomMap:
    """Lay atoms out on a plane by their directions.

    Atoms are brought to unit length, so that what is near points the same way. ``pca`` is a linear shadow:
    global layout means something, neighbours often do not. ``tsne`` (van der Maaten and Hinton 2008) keeps
    neighbours together and distorts everything else: neither distances between groups nor the sizes of
    groups mean anything in it.

    Raises :class:`MeasureError` for fewer than three atoms.
    """
    if len(atoms) < 3:
        raise MeasureError(f"A map needs at least 3 atoms; there are {len(atoms)}.")
    directions = unit_length(atoms).astype(np.float64)
    if method == "pca":
        centred = directions - directions.mean(axis=0)
        left, singular, _ = np.linalg.svd(centred, full_matrices=False)
        place = np.zeros((len(atoms), 2))
        place[:, : min(2, len(singular))] = left[:, :2] * singular[:2]
        # A principal axis has no sign of its own: the largest entry is put on the positive side.
        place *= np.where(place[np.abs(place).argmax(axis=0), [0, 1]] < 0, -1, 1)
    else:
        from sklearn.manifold import TSNE

        perplexity = min(30.0, (len(atoms) - 1) / 3)
        learned = TSNE(perplexity=perplexity, metric="cosine", init="random", random_state=seed)
        place = learned.fit_transform(directions).astype(np.float64)
    place = place - place.mean(axis=0)
    place /= np.linalg.norm(place, axis=1).max() or 1.0
    return AtomMap(place, method, trustworthiness(directions, place, _NEIGHBOURS), _NEIGHBOURS)


def trustworthiness(
    original: Real[np.ndarray, "points dimensions"], plane: Real[np.ndarray, "points 2"], k: int = _NEIGHBOURS
) -> float:
    """How many neighbours on the plane are neighbours in truth, and how far off those are that are not.

    ``1 - 2 / (n k (2n - 3k - 1)) sum_i sum_{j in U_k(i)} (r(i, j) - k)``, where ``U_k(i)`` are the ``k``
    nearest of ``i`` on the plane that are not among its ``k`` nearest, and ``r`` their true rank (Venna and
    Kaski 2001, equation 1). Of more than 2,000 points every n-th is looked at. NaN for fewer than ``2k``.

    >>> trustworthiness(np.eye(30), np.zeros((30, 2)) + np.arange(30)[:, None], 3) <= 1
    True
    """
    step = -(-len(original) // _MOST_JUDGED)
    original, plane = original[::step], plane[::step]
    n = len(original)
    if n < 2 * k + 1:
        return float("nan")
    true_rank = np.argsort(np.argsort(_squared_distances(original), axis=1, kind="stable"), axis=1)
    near = np.argsort(_squared_distances(plane), axis=1, kind="stable")[:, 1 : k + 1]
    off = np.take_along_axis(true_rank, near, axis=1) - k
    return float(1 - 2 / (n * k * (2 * n - 3 * k - 1)) * off[off > 0].sum())


def _squared_distances(points: np.ndarray) -> np.ndarray:
    squares = (points**2).sum(axis=1)
    found = squares[:, None] + squares[None] - 2 * points @ points.T
    np.fill_diagonal(found, -1.0)  # a point is nearest to itself, whatever rounding says
    return found
