"""BatchTopK: k active components an item on average, dealt out over a batch."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor

from sememe.dictionaries.k_sparse_sae import KSparseAutoencoder
from sememe.dictionaries.kernels import plan
from sememe.dictionaries.kernels.choose import has_kernels_for
from sememe.dictionaries.kernels.encode import encode_above
from sememe.dictionaries.kernels.plan import StepPlan
from sememe.dictionaries.kernels.reference import PlanObjective
from sememe.dictionaries.learner import Learner
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import BatchTopK, Nonlinearity
from sememe.dictionaries.step import Losses


@dataclass(frozen=True)
class BatchTopKObjective:
    """Squared error of the ``k * items`` largest codes of a batch, averaged over nested prefixes, and AuxK.

    ``sum_p weight_p mean (x - x_hat_p)^2 + auxk_coefficient * auxk_loss``, where ``x_hat_p`` is decoded from
    the first ``prefixes[p]`` components alone; one prefix of all components is BatchTopK.
    """

    k: int
    prefixes: tuple[int, ...]
    k_aux: int
    auxk_coefficient: float

    def plan(self) -> StepPlan:
        return StepPlan(
            plan.BatchTopK(self.k),
            prefixes=self.prefixes,
            prefix_weights=(1 / len(self.prefixes),) * len(self.prefixes),
            k_aux=self.k_aux,
            auxk_coefficient=self.auxk_coefficient,
        )

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        return PlanObjective(self.plan())(module, x, dead, fraction)


@dataclass(eq=False, repr=False, kw_only=True)
class BatchTopKSAE(KSparseAutoencoder):
    """A sparse autoencoder that keeps k codes an item on average: simple items take fewer, rich ones more.

    In training the ``k * items`` largest codes of each batch are kept; afterwards those above a threshold,
    the mean over batches of the smallest code kept, so that an item's codes do not depend on its company
    (Bussmann et al. 2024, "BatchTopK sparse autoencoders", eq. 2 to 4). The threshold is saved with the
    weights. Hyperparameters: ``KSparseAutoencoder``, with ``k`` an average, and ``SparseAutoencoder``.
    """

    def _nonlinearity(self) -> Nonlinearity:
        return BatchTopK(self.k, self.n_components)

    def _prefixes(self) -> tuple[int, ...]:
        """How many components each nested dictionary has."""
        return (self.n_components,)

    def _objective(self, d_in: int) -> BatchTopKObjective:
        return BatchTopKObjective(self.k, self._prefixes(), self._k_aux, self.auxk_coefficient)

    @torch.no_grad()
    def _calibrate(self, learner: Learner, batches: Iterator[Float32[np.ndarray, "batch neurons"]]) -> None:
        nonlinearity = learner.module.nonlinearity
        assert isinstance(nonlinearity, BatchTopK)
        smallest = []
        for batch in batches:
            pre = learner.module.pre_codes(learner.standardised(batch))
            smallest.append(nonlinearity.smallest_kept(pre).double())
        nonlinearity.threshold.fill_(max(0.0, torch.stack(smallest).mean().item()))

    def _codes(self, x: Float32[np.ndarray, "items neurons"]) -> Any:
        if not (self.sparse_output and has_kernels_for(self.module_)):
            return super()._codes(x)
        arrays = {name: value.detach().numpy() for name, value in self.module_.named_parameters()}
        threshold = self.module_.get_buffer("nonlinearity.threshold").numpy()
        return encode_above(x, arrays["W_enc"], arrays["b_enc"], arrays["b_dec"], threshold)

    def _stored_configuration(self) -> dict[str, Any]:
        return super()._stored_configuration() | {"architecture": "jumprelu"}
