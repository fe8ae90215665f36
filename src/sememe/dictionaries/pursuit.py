"""Codes for atoms that were not learned with an encoder: which atoms, and how much of each.

For atoms that are not orthogonal, projections are no codes: what two similar atoms share is counted twice,
and the reconstruction overshoots. Refitting the chosen atoms by least squares removes that, and choosing
them one after the other, each by what is still missing, also avoids choosing the same thing twice.
"""

import torch
from jaxtyping import Float32, Float64, Int64
from torch import Tensor

# Added to the diagonal of the atoms' products, so that an atom chosen twice does not make them singular.
_RIDGE = 1e-6

# Bytes of work space for the bases of the items that are coded together.
_CHUNK_BYTES = 32 * 2**20

# A direction shorter than this, after what is chosen already is removed from it, is rounding error.
_NEW_DIRECTION = 1e-3


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

    After every choice all codes are refitted (Pati et al. 1993); here by keeping an orthonormal basis of the
    chosen atoms. An atom is chosen for a positive projection only, so that codes are positive when chosen and
    seldom change sign; an item that runs out of such atoms has fewer than k non-zero codes.
    """
    step = max(1, _CHUNK_BYTES // (4 * x.shape[1] * (k + 4)))
    parts = [_pursue(x[start : start + step], atoms, k) for start in range(0, len(x), step)]
    return torch.cat([components for components, _ in parts]), torch.cat([codes for _, codes in parts])


def _pursue(x: Tensor, atoms: Tensor, k: int) -> tuple[Tensor, Tensor]:
    items, d_in = x.shape
    residual = x.clone()
    basis = x.new_zeros(items, k, d_in)
    # Row i of the triangle: the atom of choice i, expressed in the basis.
    triangle = torch.eye(k, dtype=x.dtype).repeat(items, 1, 1)
    target = x.new_zeros(items, k)
    components = torch.zeros(items, k, dtype=torch.int64)
    enough = 1e-6 * x.norm(dim=1)
    for i in range(k):
        projections = residual @ atoms.T
        projections.scatter_(1, components[:, :i], -torch.inf)
        best, chosen = projections.max(dim=1)
        direction = atoms[chosen]
        along = torch.einsum("nid,nd->ni", basis[:, :i], direction)
        direction = direction - torch.einsum("ni,nid->nd", along, basis[:, :i])
        length = direction.norm(dim=1)
        useful = (best > enough) & (length > _NEW_DIRECTION)
        # What is of no use leaves a zero in the basis and a 1 in the triangle: its code comes out as 0.
        unit = torch.where(useful[:, None], direction / length.clamp_min(_NEW_DIRECTION)[:, None], 0.0)
        components[:, i] = chosen
        basis[:, i] = unit
        triangle[:, :i, i] = torch.where(useful[:, None], along, 0.0)
        triangle[:, i, i] = torch.where(useful, length, 1.0)
        target[:, i] = (unit * residual).sum(dim=1)
        residual = residual - target[:, i, None] * unit
    codes = torch.linalg.solve_triangular(triangle, target[..., None], upper=True)[..., 0]
    return components, codes


def _solve(
    blocks: Float64[Tensor, "items active active"], projections: Float64[Tensor, "items active"]
) -> Float64[Tensor, "items active"]:
    factors = torch.linalg.cholesky(blocks)
    return torch.cholesky_solve(projections[..., None], factors)[..., 0]
