"""What a crosscoder minimises: the error in all layers, and a code's cost in all layers."""

from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

from sememe.dictionaries.crosscoder_module import CrosscoderModule
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.revival import auxk_loss
from sememe.dictionaries.step import Losses


@dataclass(frozen=True)
class CrosscoderObjective:
    """``(sum_l ||x_l - x_hat_l||^2 + l1_coefficient sum_j code_j sum_l ||atom_jl||) / d_in``, and AuxK.

    Mean over items; layers are standardised (Lindsey et al. 2024, the loss of "Sparse crosscoders for
    cross-layer features and model diffing"). ``k_aux`` and ``auxk_coefficient``: ``revival.auxk_loss``.
    """

    l1_coefficient: float
    k_aux: int
    auxk_coefficient: float

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        assert isinstance(module, CrosscoderModule)
        codes = module.encode(x)
        left = x - module.decode(codes)
        squared_error = left.square().mean()
        total = squared_error
        if self.l1_coefficient > 0:
            costs = codes.sum(dim=0) @ module.layer_norms().sum(dim=1)
            total = total + costs * (self.l1_coefficient / x.numel())
        if dead is not None and self.auxk_coefficient > 0:
            total = total + self.auxk_coefficient * auxk_loss(module, x, left, dead, self.k_aux)
        return Losses.of(total, squared_error, codes)
