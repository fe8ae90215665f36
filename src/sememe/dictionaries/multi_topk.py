"""Multi-TopK: an autoencoder that is trained with few codes an item, and serves with more."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.revival import auxk_loss
from sememe.dictionaries.sparse_codes import SparseCodes, largest_codes
from sememe.dictionaries.step import Losses

# How many times as many codes the second reconstruction has.
_WIDER = 4


@dataclass(frozen=True)
class MultiTopKObjective:
    """Squared error of the k largest codes and of the 4 k largest, and AuxK.

    ``mean (x - x_hat_k)^2 + coefficient * mean (x - x_hat_4k)^2 + auxk_coefficient * auxk_loss``. A TopK
    autoencoder that has only ever seen k codes an item is thrown off by any more; this one improves with
    them, so that k can be chosen after training (Gao et al. 2024, arXiv 2406.04093, "Multi-TopK":
    ``L(k) + L(4 k) / 8`` for progressive codes). Where there are fewer than 4 k components, all are kept.
    """

    k: int
    k_aux: int
    auxk_coefficient: float
    coefficient: float

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        # One selection serves both: its first k columns are the k largest.
        values, components = largest_codes(module, x, min(_WIDER * self.k, module.n_components), falling=True)
        codes = SparseCodes.of_rows(values[:, : self.k], components[:, : self.k])
        x_hat = codes.decode(module.W_dec) + module.b_dec
        wider = SparseCodes.of_rows(values, components).decode(module.W_dec) + module.b_dec
        squared_error = (x_hat - x).square().mean()
        total = squared_error + self.coefficient * (wider - x).square().mean()
        if dead is not None and self.auxk_coefficient > 0:
            total = total + self.auxk_coefficient * auxk_loss(module, x, x - x_hat, dead, self.k_aux)
        return Losses(total, squared_error.detach(), codes.mean_l0(), codes.fired(module.n_components))
