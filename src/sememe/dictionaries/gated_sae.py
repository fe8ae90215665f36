"""Gated: whether a component fires, and how strongly, are decided apart."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor, nn

from sememe.dictionaries.initialisation import tied
from sememe.dictionaries.items import Items
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import Nonlinearity
from sememe.dictionaries.parameters import check_integer, check_number
from sememe.dictionaries.revival import Resampling, evenly_over_first_half
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.dictionaries.step import Losses


class Gate(Nonlinearity):
    """``1[z + b_gate > 0] * ReLU(exp(r_mag) z + b_mag)``; it has the biases, and the encoder none."""

    def __init__(self, n_components: int) -> None:
        super().__init__()
        self.b_gate = nn.Parameter(torch.zeros(n_components))
        self.r_mag = nn.Parameter(torch.zeros(n_components))
        self.b_mag = nn.Parameter(torch.zeros(n_components))

    def forward(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, "items components"]:
        return (pre + self.b_gate > 0) * torch.relu(pre * self.r_mag.exp() + self.b_mag)

    @torch.no_grad()
    def scale_(self, factor: float) -> None:
        self.b_gate.mul_(factor)
        self.b_mag.mul_(factor)


@dataclass(frozen=True)
class GatedObjective:
    """Squared error, L1 on the gates, and what the gates alone would reconstruct with the atoms held fixed.

    ``(||x - x_hat||^2 + l1_coefficient ||ReLU(gates)||_1 + ||x - x_hat_gates||^2) / d_in``, mean over items
    (Rajamanoharan et al. 2024a, eq. 8). The last term is what trains the gates to reconstruct.
    """

    l1_coefficient: float

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        gate = module.nonlinearity
        assert isinstance(gate, Gate)
        pre = module.pre_codes(x)
        codes = gate(pre)
        squared_error = (module.decode(codes) - x).square().mean()
        gates = torch.relu(pre + gate.b_gate)
        penalty = gates.sum() * (self.l1_coefficient / x.numel())
        by_gates = gates @ module.W_dec.detach() + module.b_dec.detach()
        total = squared_error + penalty + (by_gates - x).square().mean()
        return Losses.of(total, squared_error, codes)


@dataclass(eq=False, repr=False, kw_only=True)
class GatedSAE(SparseAutoencoder):
    """An autoencoder whose L1 penalty weighs on the gates alone and so does not shrink the codes.

    ``codes = 1[gates > 0] * ReLU(exp(r_mag) z + b_mag)`` with ``z = (x - b_dec) W_encᵀ`` and ``gates = z +
    b_gate`` (Rajamanoharan et al. 2024a, "Improving dictionary learning with gated sparse autoencoders",
    eq. 6 to 8). Other hyperparameters: ``SparseAutoencoder``.

    Args:
        l1_coefficient: weight of the penalty; more is sparser.
        n_resamplings: times at which dead components are replaced, spread evenly over the first half of the
            training; 0: never.
    """

    l1_coefficient: float = 3.0
    n_resamplings: int = 4

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_number("l1_coefficient", self.l1_coefficient, 0)
        check_integer("n_resamplings", self.n_resamplings, 0)

    def _module(self, atoms: Float32[Tensor, "components neurons"]) -> SAEModule:
        begun = tied(atoms)
        return SAEModule(begun["W_enc"], None, begun["W_dec"], begun["b_dec"], Gate(len(atoms)))

    def _objective(self, d_in: int) -> GatedObjective:
        return GatedObjective(self.l1_coefficient)

    def _revival(self, n_steps: int, seed: int) -> Resampling | None:
        return evenly_over_first_half(n_steps, self.n_resamplings, seed)

    def _stored_configuration(self) -> dict[str, Any]:
        return super()._stored_configuration() | {"architecture": "gated"}
