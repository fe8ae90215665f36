"""Codebooks learned by moving averages, as vector-quantize-pytorch does it.

Each step assigns the items of a batch to their nearest codewords and moves every codeword to the moving
average of its items (van den Oord et al. 2017, "Neural discrete representation learning", appendix A.1).
Codewords that get next to no items are replaced by items of the batch.
"""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor, nn

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.items import Items
from sememe.dictionaries.parameters import check_integer, check_number
from sememe.dictionaries.stream import BatchStream
from sememe.dictionaries.vector_quantiser import VectorQuantiser
from sememe.errors import DictionaryError

# Items that a quantiser is made for.
_SAMPLE = 10_000


@dataclass(eq=False, repr=False, kw_only=True)
class MovingAverageVQ(VectorQuantiser):
    """Base of the quantisers with codebooks of equal size that follow the items by moving averages.

    Args:
        n_components: codewords of all codebooks together; those of one at most the items.
        decay: how much of the moving averages a step keeps.
        revive_below: codewords with less than this share of the items that each would have if all had
            equally many are replaced by items; 0: never.
    """

    n_components: int = 512
    decay: float = 0.95
    revive_below: float = 0.1

    @property
    def _n_codebooks(self) -> int:
        """How many codebooks there are, and so how many components an item has."""
        raise NotImplementedError

    @property
    def _codebook_size(self) -> int:
        return self.n_components // self._n_codebooks

    def _quantiser(self, sample: Float32[Tensor, "items neurons"], settings: dict[str, Any]) -> nn.Module:
        """The family's module of vector-quantize-pytorch, whose import takes seconds and is left to here.

        ``sample`` are some of the items, standardised; ``settings`` what all such modules are given.
        """
        raise NotImplementedError

    def _atoms(self, quantiser: Any) -> Float32[Tensor, "components neurons"]:
        """The codewords of a trained quantiser, codebook after codebook."""
        raise NotImplementedError

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_integer("n_components", self.n_components, 1)
        check_number("decay", self.decay, 0, 1)
        check_number("revive_below", self.revive_below, 0, 1)
        if self.n_components % self._n_codebooks:
            raise DictionaryError(
                f"n_components must be a multiple of k, for codebooks of equal size, but {self.n_components} "
                f"and k={self._n_codebooks} arrived."
            )
        most = "the number of items" if self._n_codebooks == 1 else "k times the number of items"
        check_integer("n_components", self.n_components, 1, self._n_codebooks * len(items), most)

    def _train(self, items: Items, standardisation: Standardisation, seed: int) -> None:
        stream = BatchStream(items, self.batch_size, seed)
        settings = {
            "decay": self.decay,
            "threshold_ema_dead_code": self.revive_below * stream.batch_size / self._codebook_size,
            "kmeans_init": True,
        }
        n_first = max(self.batch_size, self._codebook_size)
        drawn = items.sample(max(_SAMPLE, n_first), np.random.default_rng([seed, 1]))
        sample = standardisation.apply(torch.from_numpy(drawn))
        with _global_torch_seed(seed), torch.no_grad():
            quantiser = self._quantiser(sample, settings).train()
            # The first items that a quantiser sees are those that its k-means begins with.
            quantiser(sample[None, :n_first])
            for batch in stream.batches(0, self.n_epochs * stream.batches_per_epoch):
                quantiser(standardisation.apply(torch.from_numpy(batch))[None])
        atoms = standardisation.scale * self._atoms(quantiser).double()
        self.components_ = np.ascontiguousarray(atoms.numpy(), dtype=np.float32)
        self.offset_ = standardisation.mean.astype(np.float32)

    def _restore(self, tensors: Mapping[str, Tensor], facts: Any) -> None:
        super()._restore(tensors, facts)
        if len(self.components_) != self._n_codebooks * self._codebook_size:
            raise ValueError


@contextlib.contextmanager
def _global_torch_seed(seed: int) -> Iterator[None]:
    """Seed the generator that the library draws from, and leave it afterwards as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield
