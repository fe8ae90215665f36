"""A TopK autoencoder whose encoder is never trained: atoms learned for random codes."""

from dataclasses import dataclass

import torch

from sememe.dictionaries.frozen_step import FrozenStep
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.step import Objective, TrainingStep
from sememe.dictionaries.topk_sae import TopKSAE


@dataclass(eq=False, repr=False, kw_only=True)
class FrozenEncoderSAE(TopKSAE):
    """The same as ``TopKSAE``, with its encoder frozen at its initialisation; atoms and offset are trained.

    A control: an item's codes are those of the untrained autoencoder, its k largest projections on random
    directions or, with ``initialisation="data"``, on items (Korznikov et al. 2026, "Sanity checks for sparse
    autoencoders: do SAEs beat random baselines?", arXiv 2602.14111). Hyperparameters: ``TopKSAE``.

    Args:
        auxk_coefficient, lift: 0, as nothing can revive what has no encoder to learn.
    """

    auxk_coefficient: float = 0.0
    lift: float = 0.0

    def _training_step(self, module: SAEModule, objective: Objective) -> TrainingStep:
        begun = {name: value.detach().clone() for name, value in module.named_parameters()}

        @torch.no_grad()
        def restore() -> None:
            module.W_enc.copy_(begun["W_enc"])
            # The encoder is given x - b_dec: as b_dec is trained, the bias makes up for its moves.
            moved = module.W_enc @ (module.b_dec - begun["b_dec"])
            module.b_enc.copy_(begun["b_enc"] + moved)

        return FrozenStep(super()._training_step(module, objective), restore)
