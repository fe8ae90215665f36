"""Into which components a neuron splits: who carries its activation."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Real
from scipy import sparse

from sememe.errors import MeasureError


@dataclass(frozen=True, eq=False)
class Split:
    """A neuron's reconstructed activation, shared out among components."""

    share: Float[np.ndarray, " components"]  # signed; sums to 1 with `constant` and `error`
    constant: float  # of the offset
    error: float  # of what the dictionary does not reconstruct


def split_neuron(
    activation: Real[np.ndarray, " items"],
    codes: Real[np.ndarray, "_ _"] | sparse.csc_array | sparse.csr_array,
    weights: Real[np.ndarray, " components"],
    offset: float,
) -> Split:
    """How much of a neuron's activation each component of a dictionary carries.

    Reconstruction is affine, ``x_j ~ sum_f c_f w_fj + b_j``, so over the items a neuron's activation is a sum
    of one term a component. Each item counts as much as it fires the neuron:
    ``share_f = sum_i x_ij c_if w_fj / sum_i x_ij^2``. Shares, constant and error sum to 1 exactly.

    Args:
        activation: the neuron's activation.
        codes: of the same items.
        weights: the neuron's entry in each atom, ``components_[:, j]``.
        offset: the neuron's entry in the offset.

    Raises:
        MeasureError: shapes that differ, or a neuron that never fires.

    >>> found = split_neuron(np.array([2.0, 4.0]), np.array([[2.0, 0.0], [0.0, 3.0]]), np.ones(2), 0.0)
    >>> found.share.tolist(), round(found.error, 6)
    ([0.2, 0.6], 0.2)
    """
    if codes.shape != (len(activation), len(weights)):
        raise MeasureError(
            f"{len(activation)} activations and {len(weights)} weights call for codes of that shape; "
            f"these are {codes.shape}."
        )
    x = activation.astype(np.float64)
    squares = float(x @ x)
    if squares == 0:
        raise MeasureError("The neuron never fires on these items: there is nothing to share out.")
    share = np.asarray(codes.T @ x, dtype=np.float64) * weights / squares
    constant = float(offset * x.sum() / squares)
    return Split(share, constant, 1.0 - float(share.sum()) - constant)
