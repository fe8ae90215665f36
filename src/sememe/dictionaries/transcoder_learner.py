"""A transcoder in training: where it begins, and its error on items kept out."""

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor
from torch.nn import functional as F

from sememe.dictionaries.initialisation import random_atoms
from sememe.dictionaries.learner import Learner


class TranscoderLearner(Learner):
    """A learner whose batches are ``[x, y]`` side by side and whose error is that of ``y``."""

    @torch.no_grad()
    def held_out_fvu(self, held_out: Float32[np.ndarray, "batch both_layers"]) -> float:
        """Fraction of the variance of ``y`` that the module, as it is, leaves unexplained."""
        x, y = self.standardised(held_out).tensor_split([self.module.d_in], dim=1)
        error = (self.module(x) - y).double().square().sum()
        return float(error / (y - y.mean(dim=0)).double().square().sum())


def answering_atoms(
    W_enc: Float[Tensor, "components neurons"],
    x: Float[Tensor, "items neurons"],
    y: Float[Tensor, "items neurons_out"],
    seed: int,
) -> Float[Tensor, "components neurons_out"]:
    """Unit-length directions in which ``y`` goes, on average, where ``x`` goes along an encoder row.

    ``W_enc @ covariance(x, y)`` of centred items: the encoder rows themselves where ``x`` is white and its
    own target, as in a tied autoencoder. Where ``y`` does not follow, a random direction.
    """
    along = W_enc @ (x.T @ y) / len(x)
    lengths = along.norm(dim=1, keepdim=True)
    return torch.where(lengths > 1e-6, F.normalize(along, dim=1), random_atoms(len(W_enc), y.shape[1], seed))
