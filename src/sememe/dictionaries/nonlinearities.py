"""What stands between encoder and decoder: which components of an item are kept, and at what value.

All are positively homogeneous once their own thresholds are scaled along, ``f(s z) = s f(z)``. That lets a
module that was trained on scaled activations be folded back into the layer's units; ``scale_`` does it.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn


class Nonlinearity(nn.Module):
    """Maps codes before the nonlinearity to codes; holds the parameters that only it needs."""

    def forward(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, "items components"]:
        raise NotImplementedError

    @torch.no_grad()
    def scale_(self, factor: float) -> None:
        """Make ``f(factor * z)`` what ``factor * f(z)`` was; what has no threshold has nothing to do."""


class ReLU(Nonlinearity):
    """``max(z, 0)``."""

    def forward(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, "items components"]:
        return torch.relu(pre)


class TopK(Nonlinearity):
    """Each item's ``k`` largest are kept, the negative among them set to 0 (Gao et al. 2024, eq. 3)."""

    def __init__(self, k: int) -> None:
        super().__init__()
        self.k = k

    def forward(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, "items components"]:
        values, components = pre.topk(self.k, dim=1, sorted=False)
        return torch.zeros_like(pre).scatter(1, components, torch.relu(values))

    def extra_repr(self) -> str:
        return f"k={self.k}"
