"""p-annealed: a penalty that begins as L1 and ends near L0."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from sememe.dictionaries.items import Items
from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.parameters import check_number
from sememe.dictionaries.step import Losses

# Codes below this, for items of unit variance, are penalised about linearly: the slope of a power below 1 is
# infinite at 0.
_SMOOTHING = 0.01


@dataclass(frozen=True)
class PAnnealedObjective:
    """``(||x - x_hat||^2 + l1_coefficient * c * ||codes||_p^p) / d_in``, mean over items, with p falling.

    ``c = ||codes||_1 / ||codes||_p^p`` on the batch, held fixed: the penalty weighs what the L1 penalty
    would, whatever p, and only its distribution over large and small codes changes (Karvonen et al. 2024,
    section 3.2, who adapt the coefficient over the last steps).
    """

    l1_coefficient: float
    p_end: float
    p_start: float

    def exponent(self, fraction: float) -> float:
        """p at this share of the training: 1 until ``p_start``, then falling linearly to ``p_end``."""
        if fraction <= self.p_start:
            return 1.0
        return 1.0 - (1.0 - self.p_end) * (fraction - self.p_start) / (1.0 - self.p_start)

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        codes = module.encode(x)
        squared_error = (module.decode(codes) - x).square().mean()
        p = self.exponent(fraction)
        powers = ((codes + _SMOOTHING) ** p - _SMOOTHING**p).sum()
        adapted = codes.detach().sum() / powers.detach().clamp_min(1e-12)
        penalty = powers * adapted * (self.l1_coefficient / x.numel())
        return Losses.of(squared_error + penalty, squared_error, codes)


@dataclass(eq=False, repr=False, kw_only=True)
class PAnnealedSAE(L1SAE):
    """The L1 autoencoder with the exponent of its penalty annealed from 1 towards 0.

    Near the end large codes are hardly penalised and small ones are pushed to 0, which undoes the shrinkage
    of L1 (Karvonen et al. 2024, "Measuring progress in dictionary learning for language model
    interpretability with board game models"). Other hyperparameters: ``L1SAE``.

    Args:
        p_end: exponent at the end.
        p_start: share of the training after which the exponent begins to fall.
    """

    p_end: float = 0.2
    p_start: float = 0.3

    def _check_own_hyperparameters(self, items: Items) -> None:
        super()._check_own_hyperparameters(items)
        check_number("p_end", self.p_end, 0, 1, above=True)
        check_number("p_start", self.p_start, 0, 0.99)

    def _objective(self, d_in: int) -> PAnnealedObjective:  # type: ignore[override]
        return PAnnealedObjective(self.l1_coefficient, self.p_end, self.p_start)
