"""Codes for atoms that were not learned with an encoder: which atoms, and how much of each.

For atoms that are not orthogonal, projections are no codes: what two similar atoms share is counted twice,
and the reconstruction overshoots. Refitting the chosen atoms by least squares removes that, and choosing
them one after the other, each by what is still missing, also avoids choosing the same thing twice.
"""

import torch
from jaxtyping import Float32, Float64, Int64
from torch import Tensor

from sememe.dictionaries.kernels.pursuit import pursue

# Added to the diagonal of the atoms' products, so that an atom chosen twice does not make them singular.
_RIDGE = 1e-6

# Bytes of work space for the bases of the items that are coded together.
_CHUNK_BYTES = 32 * 2**20


def largest_projections(
    x: Float32[Tensor, "items neurons"], atoms: Float32[Tensor, "components neurons"], k: int
) -> tuple[Int64[Tensor, "items active"], Float32[Tensor, "items active"]]:
    """The k atoms with the largest projections ``x · atom``, and these, negative ones set to 0."""
    values, components = (x @ atoms.T).topk(k, dim=1)
    return components, torch.relu(values)


def least_squares(
    x: Float32[Tensor, "items neurons"],
    atoms: Float32[Tensor, "components neurons"],
    components: Int64[Tensor, "items active"],
) -> Float32[Tensor, "items active"]:
    """Codes of the given atoms that reconstruct each item best; they may be negative.

    Solved by Cholesky decomposition of each item's block of the atoms' Gram matrix, in float64.
    """
    gram = (atoms.double() @ atoms.double().T) + _RIDGE * torch.eye(len(atoms), dtype=torch.float64)
    projections = (x @ atoms.T).gather(1, components).double()
    codes = torch.empty_like(projections)
    k = components.shape[1]
    step = max(1, _CHUNK_BYTES // (8 * k * k))
    for start in range(0, len(x), step):
        chosen = components[start : start + step]
        blocks = gram[chosen[:, :, None], chosen[:, None, :]]
        codes[start : start + step] = _solve(blocks, projections[start : start + step])
    return codes.float()


def orthogonal_matching_pursuit(
    x: Float32[Tensor, "items neurons"], atoms: Float32[Tensor, "components neurons"], k: int
) -> tuple[Int64[Tensor, "items active"], Float32[Tensor, "items active"]]:
    """k atoms an item, each the one with the largest projection of what the chosen ones leave.

    After every choice all codes are refitted (Pati et al. 1993). An atom is chosen for a positive projection
    only, so that codes are positive when chosen and seldom change sign; an item that runs out of such atoms
    has fewer than k non-zero codes.
    """
    components, codes = pursue(x.contiguous().numpy(), atoms.contiguous().numpy(), k)
    return torch.from_numpy(components).long(), torch.from_numpy(codes)


def _solve(
    blocks: Float64[Tensor, "items active active"], projections: Float64[Tensor, "items active"]
) -> Float64[Tensor, "items active"]:
    factors = torch.linalg.cholesky(blocks)
    return torch.cholesky_solve(projections[..., None], factors)[..., 0]
