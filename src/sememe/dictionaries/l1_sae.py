"""L1: the classic sparse autoencoder, made sparse by a penalty on the codes."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor

from sememe.dictionaries.items import Items
from sememe.dictionaries.kernels.plan import Positive, StepPlan
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import Nonlinearity, ReLU
from sememe.dictionaries.parameters import check_integer, check_number
from sememe.dictionaries.revival import Resampling, evenly_over_first_half
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.dictionaries.step import Losses


@dataclass(frozen=True)
class L1Objective:
    """``(||x - x_hat||^2 + l1_coefficient * ||codes||_1) / d_in``, mean over items.

    Atoms are of unit length, so that codes cannot be made small by making atoms long. The division by the
    number of neurons makes the first term the mean over items and neurons and changes no minimum.
    """

    l1_coefficient: float

    def plan(self) -> StepPlan:
        return StepPlan(Positive(), l1_coefficient=self.l1_coefficient)

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        codes = module.encode(x)
        squared_error = (module.decode(codes) - x).square().mean()
        penalty = codes.sum() * (self.l1_coefficient / x.numel())
        return Losses.of(squared_error + penalty, squared_error, codes)


@dataclass(eq=False, repr=False, kw_only=True)
class L1SAE(SparseAutoencoder):
    """A ReLU autoencoder with an L1 penalty on its codes, and dead components resampled.

    ``codes = ReLU((x - b_dec) W_encᵀ + b_enc)``; loss ``||x - x_hat||^2 + l1_coefficient ||codes||_1`` with
    unit-length atoms (Bricken et al. 2023, "Towards Monosemanticity"). Items are scaled to a mean squared
    length of about ``n_features_in_``, as in Conerly et al. 2024 ("Update on how we train SAEs"), so that
    their coefficients can be compared. Other hyperparameters: ``SparseAutoencoder``.

    Args:
        l1_coefficient: weight of the penalty; more is sparser.
        n_resamplings: times at which dead components are replaced, spread evenly over the first half of the
            training; 0: never.
    """

    l1_coefficient: float = 1.0
    n_resamplings: int = 4
    # More and smaller steps than TopK's: what the penalty silences at a high rate does not come back.
    batch_size: int = 512
    learning_rate: float = 3e-3

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_number("l1_coefficient", self.l1_coefficient, 0)
        check_integer("n_resamplings", self.n_resamplings, 0)

    def _nonlinearity(self) -> Nonlinearity:
        return ReLU()

    def _stored_configuration(self) -> dict[str, Any]:
        return super()._stored_configuration() | {"architecture": "standard"}

    def _objective(self, d_in: int) -> L1Objective:
        return L1Objective(self.l1_coefficient)

    def _revival(self, n_steps: int, seed: int) -> Resampling | None:
        return evenly_over_first_half(n_steps, self.n_resamplings, seed)
