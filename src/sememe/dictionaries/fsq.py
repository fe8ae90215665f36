"""Finite scalar quantisation: a few learned directions, and along each a few levels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32, Float64, Int64
from torch import Tensor, nn

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.initialisation import random_atoms
from sememe.dictionaries.items import Items
from sememe.dictionaries.learner import Schedule
from sememe.dictionaries.parameters import check_integer, check_number
from sememe.dictionaries.stream import BatchStream
from sememe.dictionaries.vector_quantiser import VectorQuantiser
from sememe.errors import DictionaryError

# Items by which the first decoder is fitted.
_SAMPLE = 10_000


@dataclass(eq=False, repr=False, kw_only=True)
class FSQ(VectorQuantiser):
    """Each item is projected on ``len(levels)`` directions, and each projection rounded to one of its levels.

    Mentzer et al. 2023, "Finite scalar quantization: VQ-VAE made simple" (arXiv 2309.15505), section 3.1,
    between a linear encoder and a linear decoder, which are trained together by Adam, the rounding passed
    over straight through; ``FSQ`` of vector-quantize-pytorch::

        u = encoder_ (x - mean_) + encoder_bias_,    q_i = round(bounded u_i),    x_hat = W q + b

    The implicit codebook has as many words as the product of the levels, but the decoder only ever adds up
    what its dimensions contribute. So a component is one level of one dimension, the code of an item is 1
    for the level that each dimension is at, and ``n_components`` is the sum of the levels. The atom of
    level l of dimension i is ``(l - mean level of i) W_i``, the offset the mean reconstruction: without a
    change to ``x_hat``, atoms then say how a level differs from the average item, as with the other
    quantisers. Components are ordered by dimension, then by level.

    Args:
        levels: number of levels of each dimension, 3 or more each; an item has a component a dimension.
        learning_rate: Adam's, at its highest, for items scaled to unit variance.
        warmup: share of the steps in which the learning rate rises.
        decay: share of the steps, at the end, in which it falls to 0.
        n_epochs: passes over the items.
        batch_size: items a step; all, where there are fewer.
        sparse_output: give codes as a CSR array.
        random_state: seed of the first directions and of the shuffling.

    Attributes:
        encoder_, encoder_bias_: what finds the levels, float32 ``(len(levels), n_features_in_)`` and
            ``(len(levels),)``.
        mean_, scale_: centre (float64) and scale of the items in training.
        usage_: share of the training items that each component codes, float64 ``(n_components,)``.
        perplexity_: how many components are in use, in effect.
    """

    levels: tuple[int, ...] = (8, 5, 5, 5)
    learning_rate: float = 1e-2
    warmup: float = 0.02
    decay: float = 0.2

    def _check_own_hyperparameters(self, items: Items) -> None:
        self._check_levels()
        check_number("learning_rate", self.learning_rate, 0, above=True)
        check_number("warmup", self.warmup, 0, 1)
        check_number("decay", self.decay, 0, 1)

    def _check_levels(self) -> None:
        if not isinstance(self.levels, tuple | list) or len(self.levels) == 0:
            raise DictionaryError(
                f"levels must be a tuple with a number for each dimension, but {self.levels!r} arrived."
            )
        for dimension, n_levels in enumerate(self.levels):
            check_integer(f"levels[{dimension}]", n_levels, 3)

    def _fit(self, items: Items) -> None:
        super()._fit(items)
        self._centre_atoms()

    def _train(self, items: Items, standardisation: Standardisation, seed: int) -> None:
        sample = items.sample(_SAMPLE, np.random.default_rng([seed, 1]))
        network = _Network(self.levels, standardisation.apply(torch.from_numpy(sample)), seed)
        optimiser = torch.optim.Adam(network.parameters(), lr=self.learning_rate)
        stream = BatchStream(items, self.batch_size, seed)
        n_steps = self.n_epochs * stream.batches_per_epoch
        schedule = Schedule(self.learning_rate, self.warmup, self.decay, n_steps)
        for step, batch in enumerate(stream.batches(0, n_steps)):
            x = standardisation.apply(torch.from_numpy(batch))
            optimiser.param_groups[0]["lr"] = schedule.learning_rate(step)
            optimiser.zero_grad()
            (network(x) - x).square().sum(dim=1).mean().backward()
            optimiser.step()
        self._fold(network, standardisation)

    @torch.no_grad()
    def _fold(self, network: "_Network", standardisation: Standardisation) -> None:
        """Encoder and atoms in the units of the layer."""
        mean, scale = standardisation.mean, standardisation.scale
        columns = network.decoder.weight.double().numpy().T * scale
        atoms = [
            _values(n_levels)[:, None] * column for n_levels, column in zip(self.levels, columns, strict=True)
        ]
        self.encoder_ = (network.encoder.weight.double().numpy() / scale).astype(np.float32)
        self.encoder_bias_ = network.encoder.bias.numpy().copy()
        self.components_ = np.concatenate(atoms).astype(np.float32)
        self.offset_ = (mean + scale * network.decoder.bias.double().numpy()).astype(np.float32)

    def _centre_atoms(self) -> None:
        """Move the mean contribution of each dimension from its atoms to the offset."""
        atoms, offset = self.components_.astype(np.float64), self.offset_.astype(np.float64)
        for first, stop in self._rows():
            mean = self.usage_[first:stop] @ atoms[first:stop]
            atoms[first:stop] -= mean
            offset += mean
        self.components_, self.offset_ = atoms.astype(np.float32), offset.astype(np.float32)

    def _assignments(self, x: Float32[np.ndarray, "items neurons"]) -> Int64[np.ndarray, "items active"]:
        # Less the mean first: it may be large against what items differ by, and cost digits.
        projections = (x - self.mean_.astype(np.float32)) @ self.encoder_.T + self.encoder_bias_
        chosen = np.empty(projections.shape, dtype=np.int64)
        for dimension, (first, stop) in enumerate(self._rows()):
            levels = np.searchsorted(_thresholds(stop - first), projections[:, dimension])
            chosen[:, dimension] = first + levels
        return chosen

    def _rows(self) -> list[tuple[int, int]]:
        """The first component of each dimension, and the one after its last."""
        stops = np.cumsum(self.levels).tolist()
        return list(zip([0, *stops[:-1]], stops, strict=True))

    def _stored_tensors(self) -> dict[str, Tensor]:
        encoder = {"W_enc": torch.tensor(self.encoder_), "b_enc": torch.tensor(self.encoder_bias_)}
        return super()._stored_tensors() | encoder

    def _stored_shapes(self, d_in: int, d_sae: int) -> dict[str, tuple[int, ...]]:
        self._check_levels()
        encoder = {"W_enc": (len(self.levels), d_in), "b_enc": (len(self.levels),)}
        return super()._stored_shapes(d_in, sum(self.levels)) | encoder

    def _restore(self, tensors: Mapping[str, Tensor], facts: Any) -> None:
        super()._restore(tensors, facts)
        self.encoder_, self.encoder_bias_ = tensors["W_enc"].numpy(), tensors["b_enc"].numpy()


class _Network(nn.Module):
    """The quantiser between two linear maps, for standardised items.

    Begins at random directions, and at the decoder that is best for these by least squares.
    """

    def __init__(
        self, levels: tuple[int, ...] | list[int], sample: Float32[Tensor, "items neurons"], seed: int
    ) -> None:
        from vector_quantize_pytorch import FSQ as Quantiser  # takes seconds

        super().__init__()
        d_in, n_dimensions = sample.shape[1], len(levels)
        # The implicit codebook, a table of as many rows as the product of the levels, is not needed.
        self.quantiser = Quantiser(list(levels), return_indices=False)
        self.encoder = nn.utils.skip_init(nn.Linear, d_in, n_dimensions)
        self.decoder = nn.utils.skip_init(nn.Linear, n_dimensions, d_in)
        with torch.no_grad():
            self.encoder.weight.copy_(random_atoms(n_dimensions, d_in, seed))
            self.encoder.bias.zero_()
            q = torch.cat([self.quantised(sample), torch.ones(len(sample), 1)], dim=1)
            best = torch.linalg.lstsq(q.double(), sample.double(), driver="gelsd").solution
            self.decoder.weight.copy_(best[:-1].T)
            self.decoder.bias.copy_(best[-1])

    def quantised(self, x: Float32[Tensor, "items neurons"]) -> Float32[Tensor, "items dimensions"]:
        q, _ = self.quantiser(self.encoder(x)[None])
        return q[0]

    def forward(self, x: Float32[Tensor, "items neurons"]) -> Float32[Tensor, "items neurons"]:
        return self.decoder(self.quantised(x))


def _values(n_levels: int) -> Float64[np.ndarray, " levels"]:
    """What the levels of a dimension are for the decoder: equally spaced in [-1, 1], 0 among them."""
    half_width = n_levels // 2
    return (np.arange(n_levels) - half_width) / half_width


def _thresholds(n_levels: int) -> Float64[np.ndarray, " boundaries"]:
    """The projections between two levels: ``l`` is where as many thresholds are below the projection.

    A projection u is rounded to ``round(h tanh(u + s) - o)``, with ``h = (n_levels - 1)(1 + 1e-3) / 2``,
    ``o`` 1/2 for an even number of levels, else 0, and ``tanh s = o / h`` (arXiv 2309.15505, appendix A.1).
    """
    half = (n_levels - 1) * (1 + 1e-3) / 2
    offset = 0.5 if n_levels % 2 == 0 else 0.0
    between = np.arange(n_levels - 1) - n_levels // 2 + 0.5
    return np.arctanh((between + offset) / half) - np.arctanh(offset / half)
