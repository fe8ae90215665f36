"""A codebook: every item is its nearest codeword."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from sememe.dictionaries.moving_average_vq import MovingAverageVQ
from sememe.dictionaries.vector_quantiser import nearest


@dataclass(eq=False, repr=False, kw_only=True)
class CodebookVQ(MovingAverageVQ):
    """One codeword an item, the nearest: ``x_hat = offset_ + components_[argmin_j ||x - offset_ - c_j||]``.

    Van den Oord et al. 2017, "Neural discrete representation learning", eq. 1 and appendix A.1, without
    encoder and decoder: the layer's activations are quantised as they are. ``VectorQuantize`` of
    vector-quantize-pytorch, begun at k-means. What tells it from ``KMeans`` is that old items are forgotten
    and that codewords with next to no items are replaced.

    Args:
        n_components: codewords, at most the items.
        decay: how much of the moving averages a step keeps.
        revive_below: codewords with less than this share of the items that each would have if all had
            equally many are replaced by items; 0: never.
        n_epochs: passes over the items.
        batch_size: items a step; all, where there are fewer.
        sparse_output: give codes as a CSR array.
        random_state: seed of k-means, revival and shuffling.

    Attributes:
        mean_, scale_: centre (float64) and scale of the items in training.
        usage_: share of the training items that each component codes, float64 ``(n_components,)``.
        perplexity_: how many components are in use, in effect.
    """

    @property
    def _n_codebooks(self) -> int:
        return 1

    def _quantiser(self, sample: Float32[Tensor, "items neurons"], settings: dict[str, Any]) -> nn.Module:
        from vector_quantize_pytorch import VectorQuantize

        return VectorQuantize(dim=sample.shape[1], codebook_size=self.n_components, **settings)

    def _atoms(self, quantiser: Any) -> Float32[Tensor, "components neurons"]:
        return quantiser.codebook

    def _assignments(self, x: Float32[np.ndarray, "items neurons"]) -> Int64[np.ndarray, "items 1"]:
        return nearest(x - self.offset_, self.components_)[:, None]
