"""A TopK autoencoder whose atoms are never trained: what an encoder alone makes of random directions."""

from dataclasses import dataclass

import torch

from sememe.dictionaries.frozen_step import FrozenStep
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.step import Objective, TrainingStep
from sememe.dictionaries.topk_sae import TopKSAE


@dataclass(eq=False, repr=False, kw_only=True)
class FrozenDecoderSAE(TopKSAE):
    """The same as ``TopKSAE``, with its atoms frozen at their initialisation; all else is trained.

    A control: features that score as well were not learned (Korznikov et al. 2026, "Sanity checks for sparse
    autoencoders: do SAEs beat random baselines?", arXiv 2602.14111). Atoms are random directions, or with
    ``initialisation="data"`` those of items. Hyperparameters: ``TopKSAE``.
    """

    def _training_step(self, module: SAEModule, objective: Objective) -> TrainingStep:
        atoms = module.W_dec.detach().clone()

        @torch.no_grad()
        def restore() -> None:
            module.W_dec.copy_(atoms)

        return FrozenStep(super()._training_step(module, objective), restore)
