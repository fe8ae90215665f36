"""Units that fire with both signs.

The principal components of a layer, its neurons before a rectifier, or a rotated neuron fire both ways, and
what drives them up need not be what drives them down. Every unit that has negative codes is therefore scored
as two halves, ``max(code, 0)`` and ``max(-code, 0)``, each like a unit of its own, and its score is the mean
of the two weighted by their activation mass. Neither sign can hide, a sign that hardly fires hardly counts,
and nothing is gained by having two chances, as it would be if the better half were taken. The number of units
stays what it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from sememe.measures.codes import Codes, is_signed, is_sparse, sums_by_key


@dataclass(frozen=True, eq=False)
class Halves:
    """Codes >= 0: the positive part of every unit, then the negative part of each signed unit."""

    codes: Codes
    """``(items, columns)``, all >= 0. The first ``n_units`` columns are the units' positive parts."""
    signed: Int[np.ndarray, " signed_units"]
    """The units whose negative parts are the columns from ``n_units`` on."""
    n_units: int

    def join(
        self, scores: Float[np.ndarray, "*batch columns"], mass: Float[np.ndarray, "*batch columns"]
    ) -> Float[np.ndarray, "*batch units"]:
        """One score a unit from one score a column; a half without a score (NaN) has no weight."""
        joined = scores[..., : self.n_units].copy()
        if self.signed.size:
            pair = np.stack([scores[..., self.signed], scores[..., self.n_units :]])
            weight = np.stack([mass[..., self.signed], mass[..., self.n_units :]])
            weight = np.where(np.isnan(pair), 0.0, weight)
            with np.errstate(invalid="ignore", divide="ignore"):
                joined[..., self.signed] = (np.nan_to_num(pair) * weight).sum(axis=0) / weight.sum(axis=0)
        return joined


def halves(codes: Codes) -> Halves:
    """Split each unit that has negative codes; codes that are nowhere negative are passed on as they are."""
    n_units = codes.shape[1]
    if not is_signed(codes):
        return Halves(codes, np.empty(0, np.int64), n_units)
    if is_sparse(codes):
        positive, negative = codes.maximum(0), (-codes).maximum(0)
        signed = np.unique(negative.tocoo().coords[1]).astype(np.int64)
        both = sparse.hstack([positive, negative[:, signed]], format="csr")
        both.eliminate_zeros()
        return Halves(both, signed, n_units)
    signed = np.flatnonzero((codes < 0).any(axis=0))
    parts = [np.maximum(codes, 0), np.maximum(-codes[:, signed], 0)]
    return Halves(np.concatenate(parts, axis=1), signed, n_units)


def on_both_signs(
    codes: Codes, score: Callable[[Codes], Float[np.ndarray, " columns"]]
) -> Float[np.ndarray, " units"]:
    """Score units with any signs by a function that is defined on codes >= 0."""
    split = halves(codes)
    mass = sums_by_key(np.zeros(codes.shape[0], np.int64), 1, split.codes)[0]
    return split.join(score(split.codes), mass)
