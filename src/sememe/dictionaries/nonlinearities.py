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

    @torch.no_grad()
    def constrain_(self) -> None:
        """Bring parameters back into their range after a training step."""


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


class BatchTopK(Nonlinearity):
    """In training the ``k * items`` largest of a batch are kept, in use what exceeds a threshold.

    Which components an item keeps would otherwise depend on the items beside it. Bussmann et al. 2024,
    "BatchTopK sparse autoencoders", eq. 2 to 4.

    Attributes:
        threshold: for each component, 0 or more; all the same. Set by calibration after training.
    """

    threshold: Tensor

    def __init__(self, k: int, n_components: int) -> None:
        super().__init__()
        self.k = k
        self.register_buffer("threshold", torch.zeros(n_components))

    def forward(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, "items components"]:
        if not self.training:
            return torch.relu(pre) * (pre > self.threshold)
        return torch.relu(pre) * (pre >= self.smallest_kept(pre))

    def smallest_kept(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, ""]:
        """The smallest of the ``k * items`` largest of a batch."""
        n_kept = min(self.k * len(pre), pre.numel())
        return pre.detach().reshape(-1).kthvalue(pre.numel() - n_kept + 1).values

    @torch.no_grad()
    def scale_(self, factor: float) -> None:
        self.threshold.mul_(factor)

    def extra_repr(self) -> str:
        return f"k={self.k}"
