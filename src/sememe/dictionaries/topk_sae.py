"""TopK: each item is coded by its k most active components."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from scipy import sparse
from torch import Tensor
from torch.nn import functional as F

from sememe.dictionaries.items import Items
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import Nonlinearity, TopK
from sememe.dictionaries.parameters import check_integer, check_number
from sememe.dictionaries.revival import auxk_loss
from sememe.dictionaries.sae import SparseAutoencoder
from sememe.dictionaries.sparse_codes import SparseCodes, pre_codes_at
from sememe.dictionaries.step import Losses


@dataclass(frozen=True)
class TopKObjective:
    """Squared error of the k active components, and AuxK for the dead ones.

    ``mean (x - x_hat)^2 + auxk_coefficient * auxk_loss`` (Gao et al. 2024, eq. 4 and appendix A.2). Selection
    apart, nothing dense in items and components is formed: decoding gathers, gradients scatter.
    """

    k: int
    k_aux: int
    auxk_coefficient: float

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        centred = x - module.b_dec
        with torch.no_grad():
            pre = F.linear(centred, module.W_enc, module.b_enc)
            components = pre.topk(self.k, dim=1, sorted=False).indices
        values = torch.relu(pre_codes_at(centred, module.W_enc, module.b_enc, pre, components))
        offsets = torch.arange(0, values.numel() + 1, self.k, device=x.device)
        codes = SparseCodes(values.reshape(-1), components.reshape(-1), offsets)
        x_hat = codes.decode(module.W_dec) + module.b_dec
        squared_error = (x_hat - x).square().mean()
        total = squared_error
        if dead is not None and self.auxk_coefficient > 0:
            total = total + self.auxk_coefficient * auxk_loss(module, x, x - x_hat, dead, self.k_aux)
        return Losses(total, squared_error.detach(), codes.mean_l0(), codes.fired(module.n_components))


@dataclass(eq=False, repr=False, kw_only=True)
class TopKSAE(SparseAutoencoder):
    """A sparse autoencoder that keeps each item's k largest codes: sparsity is set, not traded for.

    ``codes = ReLU(TopK_k((x - b_dec) W_encᵀ + b_enc))`` (Gao et al. 2024, "Scaling and evaluating sparse
    autoencoders", eq. 3), trained by squared error and AuxK. Other hyperparameters: ``SparseAutoencoder``.

    Args:
        k: components kept for an item, at most ``n_components``.
        k_aux: dead components kept for an item by AuxK; None: half as many as there are neurons.
        auxk_coefficient: weight of AuxK; 0: dead components stay dead.
    """

    k: int = 8
    k_aux: int | None = None
    auxk_coefficient: float = 2.0

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_integer("k", self.k, 1, self.n_components, "n_components")
        if self.k_aux is not None:
            check_integer("k_aux", self.k_aux, 1)
        check_number("auxk_coefficient", self.auxk_coefficient, 0)

    def _nonlinearity(self) -> Nonlinearity:
        return TopK(self.k)

    def _stored_configuration(self) -> dict[str, Any]:
        own = {"architecture": "topk", "k": self.k, "rescale_acts_by_decoder_norm": False}
        return super()._stored_configuration() | own

    def _objective(self, d_in: int) -> TopKObjective:
        return TopKObjective(self.k, self.k_aux or max(1, d_in // 2), self.auxk_coefficient)

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Any:
        if not self.sparse_output:
            return super()._codes(x)
        with torch.no_grad():
            pre = self.module_.pre_codes(torch.from_numpy(x).to(self.module_.b_dec))
            values, components = (found.cpu().numpy() for found in pre.topk(self.k, dim=1, sorted=False))
        codes = sparse.csr_array(
            (np.maximum(values, 0).ravel(), components.ravel(), np.arange(0, values.size + 1, self.k)),
            shape=(len(x), len(self.components_)),
        )
        codes.eliminate_zeros()
        codes.sort_indices()
        return codes
