"""Residual quantisation: a codebook for the items, another for what it leaves, and so on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from sememe.dictionaries.items import Items
from sememe.dictionaries.moving_average_vq import MovingAverageVQ
from sememe.dictionaries.parameters import check_integer
from sememe.dictionaries.vector_quantiser import nearest


@dataclass(eq=False, repr=False, kw_only=True)
class ResidualVQ(MovingAverageVQ):
    """k stages of ``n_components / k`` codewords; each quantises what the stages before it leave over.

    ``r_1 = x - offset_``; stage s takes the codeword nearest to ``r_s``, and ``r_(s + 1)`` is what remains.
    The reconstruction is the sum of the k codewords, coarse to fine. Zeghidour et al. 2021, "SoundStream",
    algorithm 1; ``ResidualVQ`` of vector-quantize-pytorch, begun at k-means. Components of stage s are rows
    ``s n_components / k`` and following, counted from 0.

    Args:
        n_components: codewords of all stages together: a multiple of k, for a stage at most the items.
        k: stages, and so components that fire for an item.
        decay: how much of the moving averages a step keeps.
        revive_below: codewords with less than this share of the items that each of a stage would have if
            all had equally many are replaced by items; 0: never.
        n_epochs: passes over the items.
        batch_size: items a step; all, where there are fewer.
        sparse_output: give codes as a CSR array.
        random_state: seed of k-means, revival and shuffling.

    Attributes:
        mean_, scale_: centre (float64) and scale of the items in training.
        usage_: share of the training items that each component codes, float64 ``(n_components,)``.
        perplexity_: how many components are in use, in effect.
    """

    k: int = 8

    @property
    def _n_codebooks(self) -> int:
        return self.k

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_integer("k", self.k, 1)
        super()._check_own_hyperparameters(items)

    def _quantiser(self, sample: Float32[Tensor, "items neurons"], settings: dict[str, Any]) -> nn.Module:
        from vector_quantize_pytorch import ResidualVQ as Stages

        return Stages(
            dim=sample.shape[1], num_quantizers=self.k, codebook_size=self._codebook_size, **settings
        )

    def _atoms(self, quantiser: Any) -> Float32[Tensor, "components neurons"]:
        return quantiser.codebooks.flatten(0, 1)

    def _assignments(self, x: Float32[np.ndarray, "items neurons"]) -> Int64[np.ndarray, "items active"]:
        residual = x - self.offset_
        size = len(self.components_) // self.k
        chosen = np.empty((len(x), self.k), dtype=np.int64)
        for stage in range(self.k):
            first = stage * size
            chosen[:, stage] = first + nearest(residual, self.components_[first : first + size])
            residual -= self.components_[chosen[:, stage]]
        return chosen
