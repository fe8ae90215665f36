"""Orthogonal matching pursuit in the space of activations, by an orthonormal basis of the chosen atoms."""

import torch
from torch import Tensor

# A direction shorter than this, after what is chosen already is removed from it, is rounding error.
_NEW_DIRECTION = 1e-3


def pursue_by_residuals(x: Tensor, atoms: Tensor, k: int) -> tuple[Tensor, Tensor]:
    items, d_in = x.shape
    residual = x.clone()
    basis = x.new_zeros(items, k, d_in)
    # Row i of the triangle: the atom of choice i, expressed in the basis.
    triangle = torch.eye(k, dtype=x.dtype).repeat(items, 1, 1)
    target = x.new_zeros(items, k)
    components = torch.zeros(items, k, dtype=torch.int64)
    enough = 1e-5 * (x @ atoms.T).amax(dim=1)
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
