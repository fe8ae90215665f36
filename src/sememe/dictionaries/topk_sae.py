"""TopK: each item is coded by its k most active components."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32
from torch import Tensor

from sememe.dictionaries.items import Items
from sememe.dictionaries.k_sparse_sae import KSparseAutoencoder
from sememe.dictionaries.kernels import plan
from sememe.dictionaries.kernels.choose import has_kernels_for
from sememe.dictionaries.kernels.encode import encode_top_k
from sememe.dictionaries.kernels.plan import StepPlan
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.multi_topk import MultiTopKObjective
from sememe.dictionaries.nonlinearities import Nonlinearity, TopK
from sememe.dictionaries.parameters import check_number
from sememe.dictionaries.revival import auxk_loss
from sememe.dictionaries.sparse_codes import SparseCodes, largest_codes
from sememe.dictionaries.step import Losses, Objective


@dataclass(frozen=True)
class TopKObjective:
    """Squared error of the k active components, and AuxK for the dead ones.

    ``mean (x - x_hat)^2 + auxk_coefficient * auxk_loss`` (Gao et al. 2024, eq. 4 and appendix A.2). Selection
    apart, nothing dense in items and components is formed: decoding gathers, gradients scatter.
    """

    k: int
    k_aux: int
    auxk_coefficient: float

    def plan(self) -> StepPlan:
        return StepPlan(plan.TopK(self.k), k_aux=self.k_aux, auxk_coefficient=self.auxk_coefficient)

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        codes = SparseCodes.of_rows(*largest_codes(module, x, self.k))
        x_hat = codes.decode(module.W_dec) + module.b_dec
        squared_error = (x_hat - x).square().mean()
        total = squared_error
        if dead is not None and self.auxk_coefficient > 0:
            total = total + self.auxk_coefficient * auxk_loss(module, x, x - x_hat, dead, self.k_aux)
        return Losses(total, squared_error.detach(), codes.mean_l0(), codes.fired(module.n_components))


@dataclass(eq=False, repr=False, kw_only=True)
class TopKSAE(KSparseAutoencoder):
    """A sparse autoencoder that keeps each item's k largest codes: sparsity is set, not traded for.

    ``codes = ReLU(TopK_k((x - b_dec) W_encᵀ + b_enc))`` (Gao et al. 2024, "Scaling and evaluating sparse
    autoencoders", eq. 3), trained by squared error; silent components are lifted (``revival.Lift``), and
    revived by the paper's AuxK where ``auxk_coefficient`` is not 0. Hyperparameters: ``KSparseAutoencoder``
    and ``SparseAutoencoder``.

    Args:
        multi_topk_coefficient: weight of the squared error that the ``4 k`` largest codes leave, so that a
            fitted dictionary serves at other ``k`` too (``multi_topk``); in the paper 1/8. 0: none. There
            are no fast kernels for it.
    """

    # The lift alone: with AuxK beside it, at the paper's 1/32 or more, two to four times as many components
    # were dead on a layer whose own neurons are sparse, where little is missed that AuxK could learn from.
    # Silent is what has not fired for a quarter of dead_after, 1,000 items.
    auxk_coefficient: float = 0.0
    lift: float = 3.0
    dead_after: int = 4_000
    multi_topk_coefficient: float = 0.0

    def _check_own_hyperparameters(self, items: Items) -> None:
        super()._check_own_hyperparameters(items)
        check_number("multi_topk_coefficient", self.multi_topk_coefficient, 0)

    def _nonlinearity(self) -> Nonlinearity:
        return TopK(self.k)

    def _stored_configuration(self) -> dict[str, Any]:
        own = {"architecture": "topk", "k": self.k, "rescale_acts_by_decoder_norm": False}
        return super()._stored_configuration() | own

    def _objective(self, d_in: int) -> Objective:
        if self.multi_topk_coefficient > 0:
            return MultiTopKObjective(self.k, self._k_aux, self.auxk_coefficient, self.multi_topk_coefficient)
        return TopKObjective(self.k, self._k_aux, self.auxk_coefficient)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Any:
        if has_kernels_for(self.module_):
            arrays = {name: value.detach().numpy() for name, value in self.module_.named_parameters()}
            return encode_top_k(x, arrays["W_enc"], arrays["b_enc"], arrays["b_dec"], self.k)
        return super()._codes(x)
