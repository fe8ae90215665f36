"""JumpReLU: each component has a threshold of its own, learned by straight-through gradients."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from sememe.dictionaries.items import Items
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import Nonlinearity
from sememe.dictionaries.parameters import check_number
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.dictionaries.step import Losses


class JumpReLU(Nonlinearity):
    """``z`` where it exceeds the component's threshold, else 0.

    The gradient with respect to the threshold is that of the expected loss, estimated by a rectangular kernel
    of width ``bandwidth`` about it (Rajamanoharan et al. 2024, eq. 11 and 12).

    Attributes:
        threshold: of each component, 0 or more.
    """

    def __init__(self, n_components: int, threshold: float, bandwidth: float) -> None:
        super().__init__()
        self.threshold = nn.Parameter(torch.full((n_components,), threshold))
        self.bandwidth = bandwidth

    def forward(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, "items components"]:
        codes: Tensor = _Jump.apply(torch.relu(pre), self.threshold, self.bandwidth)
        return codes

    def count(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, "items components"]:
        """1 where a component fires, with the same kind of gradient for the threshold."""
        fires: Tensor = _Step.apply(torch.relu(pre), self.threshold, self.bandwidth)
        return fires

    @torch.no_grad()
    def scale_(self, factor: float) -> None:
        self.threshold.mul_(factor)

    @torch.no_grad()
    def constrain_(self) -> None:
        self.threshold.clamp_(min=0)


class _Jump(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:
        ctx.save_for_backward(z, threshold)
        ctx.bandwidth = bandwidth
        return z * (z > threshold)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        z, threshold = ctx.saved_tensors
        (gradient,) = gradients
        near = (z - threshold).abs() < ctx.bandwidth / 2
        of_threshold = -(threshold / ctx.bandwidth) * (gradient * near).sum(dim=0)
        return gradient * (z > threshold), of_threshold, None


class _Step(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, threshold: Tensor, bandwidth: float) -> Tensor:
        ctx.save_for_backward(z, threshold)
        ctx.bandwidth = bandwidth
        return (z > threshold).to(z.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        z, threshold = ctx.saved_tensors
        (gradient,) = gradients
        near = (z - threshold).abs() < ctx.bandwidth / 2
        return None, -(gradient * near).sum(dim=0) / ctx.bandwidth, None


@dataclass(frozen=True)
class JumpReLUObjective:
    """``(||x - x_hat||^2 + l0_coefficient * L0) / d_in``, mean over items, the coefficient rising at first.

    Rajamanoharan et al. 2024, eq. 9; divided by the number of neurons as every loss here is.
    """

    l0_coefficient: float
    l0_warmup: float

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        jump = module.nonlinearity
        assert isinstance(jump, JumpReLU)
        pre = module.pre_codes(x)
        codes = jump(pre)
        squared_error = (module.decode(codes) - x).square().mean()
        l0 = jump.count(pre).sum() / len(x)
        strength = self.l0_coefficient * min(1.0, fraction / self.l0_warmup if self.l0_warmup > 0 else 1.0)
        total = squared_error + strength / x.shape[1] * l0
        return Losses(total, squared_error.detach(), l0.detach(), (codes.detach() != 0).any(dim=0))


@dataclass(eq=False, repr=False, kw_only=True)
class JumpReLUSAE(SparseAutoencoder):
    """A sparse autoencoder whose components fire above thresholds of their own; L0 itself is penalised.

    ``codes = z * (z > threshold)`` with ``z = ReLU((x - b_dec) W_encᵀ + b_enc)`` (Rajamanoharan et al. 2024,
    "Jumping ahead: improving reconstruction fidelity with JumpReLU sparse autoencoders", eq. 4 to 12).
    Items have a mean squared length of ``n_features_in_`` in training, thresholds and bandwidth are in that
    unit. Other hyperparameters: ``SparseAutoencoder``.

    Args:
        l0_coefficient: weight of the number of active components; more is sparser.
        l0_warmup: share of the steps in which that weight rises.
        threshold: of all components at the start.
        bandwidth: width of the kernel that gives thresholds a gradient.
    """

    l0_coefficient: float = 1.0
    l0_warmup: float = 0.2
    threshold: float = 0.1
    bandwidth: float = 0.5

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_number("l0_coefficient", self.l0_coefficient, 0)
        check_number("l0_warmup", self.l0_warmup, 0, 1)
        check_number("threshold", self.threshold, 0, above=True)
        check_number("bandwidth", self.bandwidth, 0, above=True)

    def _nonlinearity(self) -> Nonlinearity:
        return JumpReLU(self.n_components, self.threshold, self.bandwidth)

    def _objective(self, d_in: int) -> JumpReLUObjective:
        return JumpReLUObjective(self.l0_coefficient, self.l0_warmup)

    def _stored_configuration(self) -> dict[str, Any]:
        return super()._stored_configuration() | {"architecture": "jumprelu"}
