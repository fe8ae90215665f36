"""Neurons under a random rotation: whether the axes of a layer mean more than any other axes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.largest import largest_coordinates
from sememe.dictionaries.parameters import check_integer, seed_of


@dataclass(eq=False, repr=False, kw_only=True)
class RotatedNeurons(Dictionary):
    """Atoms are the axes turned by one random rotation; codes are signed coordinates along them.

    The rotation is uniform (Haar) over all rotations. With ``k=None`` nothing is lost and nothing is sparse.
    What neurons score above these, they owe to a privileged basis (Elhage et al. 2023, "Privileged bases in
    the transformer residual stream").

    Args:
        k: coordinates kept for an item, the largest by magnitude, at most as many as neurons; None: all.
        sparse_output: give codes as a CSR array.
        random_state: seed of the rotation.
    """

    k: int | None = None
    sparse_output: bool = False
    random_state: Any = 0

    _minimum_items = 1

    def _fit(self, items: Items) -> None:
        if self.k is not None:
            check_integer("k", self.k, 1, items.n_neurons, "the number of neurons")
        self.components_ = random_rotation(items.n_neurons, seed_of(self.random_state))
        self.offset_ = np.zeros(items.n_neurons, dtype=np.float32)
        for _ in items.chunks():
            pass  # reading refuses NaN and infinity

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Float32[np.ndarray, "items neurons"]:
        return largest_coordinates(x, self.components_, self.k)


def random_rotation(n: int, seed: int) -> Float32[np.ndarray, "neurons neurons"]:
    """A rotation of ``n`` dimensions, uniform over all of them.

    The orthogonal factor of a normal matrix, with the signs that make the other factor's diagonal positive
    (Mezzadri 2007, "How to generate random matrices from the classical compact groups", section 5).
    """
    orthogonal, triangular = np.linalg.qr(np.random.default_rng(seed).standard_normal((n, n)))
    orthogonal *= np.sign(np.diag(triangular))
    if np.linalg.det(orthogonal) < 0:
        orthogonal[0] *= -1  # a reflection becomes a rotation
    return orthogonal.astype(np.float32)
