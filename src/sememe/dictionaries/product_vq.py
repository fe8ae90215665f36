"""Product quantisation: the space of activations is split, and each part has a codebook of its own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor, nn

from sememe.dictionaries.items import Items
from sememe.dictionaries.moving_average_vq import MovingAverageVQ
from sememe.dictionaries.parameters import check_choice, check_integer
from sememe.errors import DictionaryError


@dataclass(eq=False, repr=False, kw_only=True)
class ProductVQ(MovingAverageVQ):
    """k orthogonal parts of the space, each with ``n_components / k`` codewords for its part of an item.

    ``x_hat = offset_ + q_1(x_1) + ... + q_k(x_k)``, with ``x_g`` what lies in part g of ``x - offset_`` and
    ``q_g`` the nearest codeword of its codebook (Jegou et al. 2011, "Product quantization for nearest
    neighbor search", eq. 8). Atoms of different parts are orthogonal, so that the best choice for one does
    not depend on the others. ``VectorQuantize`` of vector-quantize-pytorch with a head a part, begun at
    k-means. Components of part g are rows ``g n_components / k`` and following, counted from 0.

    Args:
        n_components: codewords of all parts together: a multiple of k, for a part at most the items.
        k: parts, and so components that fire for an item; the number of neurons must be a multiple of it.
        parts: what a part is made of. "principal": of principal directions, dealt so that the product of
            their variances is about the same for every part (Ge et al. 2013, "Optimized product
            quantization", section 3.2); "neurons": of neighbouring neurons, for layers whose order means
            something.
        decay: how much of the moving averages a step keeps.
        revive_below: codewords with less than this share of the items that each of a part would have if
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
    parts: str = "principal"

    @property
    def _n_codebooks(self) -> int:
        return self.k

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_integer("k", self.k, 1)
        check_choice("parts", self.parts, ("principal", "neurons"))
        if items.n_neurons % self.k:
            divisors = [str(k) for k in range(1, items.n_neurons + 1) if items.n_neurons % k == 0]
            raise DictionaryError(
                f"k must divide the neurons (n_features={items.n_neurons}) into parts of equal size, but "
                f"{self.k} arrived: {', '.join(divisors)} would do."
            )
        super()._check_own_hyperparameters(items)

    def _quantiser(self, sample: Float32[Tensor, "items neurons"], settings: dict[str, Any]) -> nn.Module:
        from vector_quantize_pytorch import VectorQuantize

        d_in = sample.shape[1]
        heads = {"heads": self.k, "codebook_dim": d_in // self.k, "separate_codebook_per_head": self.k > 1}
        axes = torch.eye(d_in) if self.parts == "neurons" else balanced_axes(sample, self.k)
        quantiser = VectorQuantize(d_in, self._codebook_size, **heads, **settings)
        return nn.Sequential(_Turned(axes), quantiser)

    def _atoms(self, quantiser: Any) -> Float32[Tensor, "components neurons"]:
        turned, heads = quantiser
        codebooks = heads.codebook if self.k > 1 else heads.codebook[None]
        return torch.block_diag(*codebooks) @ turned.axes

    def _assignments(self, x: Float32[np.ndarray, "items neurons"]) -> Int64[np.ndarray, "items active"]:
        # An atom has nothing outside its part, so that a product with the whole item is one with its part.
        atoms = self.components_
        distances = np.square(atoms).sum(axis=1) - 2 * ((x - self.offset_) @ atoms.T)
        by_part = distances.reshape(len(x), self.k, -1)
        return by_part.argmin(axis=2) + np.arange(self.k) * by_part.shape[2]


class _Turned(nn.Module):
    """Items along other axes, the rows of ``axes``."""

    def __init__(self, axes: Float32[Tensor, "neurons neurons"]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Float32[Tensor, "1 items neurons"]) -> Float32[Tensor, "1 items neurons"]:
        return x @ self.axes.T


def balanced_axes(x: Float32[Tensor, "items neurons"], k: int) -> Float32[Tensor, "neurons neurons"]:
    """Principal directions as rows, dealt into k parts whose variances have about the same product.

    From the largest variance to the least, each goes to the part with the least product so far that is not
    full ("eigenvalue allocation", Ge et al. 2013, section 3.2.3).
    """
    variances, directions = np.linalg.eigh(np.cov(x.double().numpy().T).reshape(x.shape[1], x.shape[1]))
    # In units of the least, so that a product grows with every axis; none counts as less than a millionth of
    # the largest, which would be rounding.
    least = max(variances[0], 1e-6 * variances[-1], 1e-12)
    parts: list[list[int]] = [[] for _ in range(k)]
    logarithms = np.zeros(k)
    for axis in range(x.shape[1] - 1, -1, -1):
        room = [part for part in range(k) if len(parts[part]) < x.shape[1] // k]
        part = min(room, key=lambda part: float(logarithms[part]))
        parts[part].append(axis)
        logarithms[part] += np.log(max(variances[axis], least) / least)
    order = [axis for part in parts for axis in part]
    return torch.from_numpy(np.ascontiguousarray(directions[:, order].T, dtype=np.float32))
