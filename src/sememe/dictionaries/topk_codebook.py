"""A top-k codebook: an item is the sum of the k codewords that point most nearly its way."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor
from torch.nn import functional as F

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.items import Items
from sememe.dictionaries.learner import Schedule
from sememe.dictionaries.parameters import check_integer, check_number
from sememe.dictionaries.stream import BatchStream
from sememe.dictionaries.vector_quantiser import VectorQuantiser

# Codewords without an item in a whole pass are replaced after it, but not in the last passes: what is new
# has to settle.
_SETTLING = 0.2


@dataclass(eq=False, repr=False, kw_only=True)
class TopKCodebook(VectorQuantiser):
    """``x_hat = offset_ +`` the sum of the k codewords with the largest cosine similarity to ``x - offset_``.

    Tamkin et al. 2023, "Codebook Features: Sparse and Discrete Interpretability for Neural Networks"
    (arXiv 2310.17230), section 2. There the network is trained on beyond the codebook; here its layer stays
    as it is, and the codewords minimise the reconstruction error alone, by Adam. They begin at items drawn
    at random, divided by k. Codewords that no item of a pass has taken are replaced by items.

    Args:
        n_components: codewords, at most the items.
        k: components that fire for an item, at most ``n_components``.
        learning_rate: Adam's, at its highest, for items scaled to unit variance.
        warmup: share of the steps in which the learning rate rises.
        decay: share of the steps, at the end, in which it falls to 0.
        n_epochs: passes over the items.
        batch_size: items a step; all, where there are fewer.
        sparse_output: give codes as a CSR array.
        random_state: seed of the first codewords, revival and shuffling.

    Attributes:
        mean_, scale_: centre (float64) and scale of the items in training.
        usage_: share of the training items that each component codes, float64 ``(n_components,)``.
        perplexity_: how many components are in use, in effect.
    """

    n_components: int = 512
    k: int = 8
    learning_rate: float = 2e-3
    warmup: float = 0.02
    decay: float = 0.2

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_integer("n_components", self.n_components, 1, len(items), "the number of items")
        check_integer("k", self.k, 1, self.n_components, "n_components")
        check_number("learning_rate", self.learning_rate, 0, above=True)
        check_number("warmup", self.warmup, 0, 1)
        check_number("decay", self.decay, 0, 1)

    def _train(self, items: Items, standardisation: Standardisation, seed: int) -> None:
        rng = np.random.default_rng([seed, 1])
        stream = BatchStream(items, self.batch_size, seed)
        n_steps = self.n_epochs * stream.batches_per_epoch
        schedule = Schedule(self.learning_rate, self.warmup, self.decay, n_steps)
        codewords = self._from_items(self.n_components, items, standardisation, rng).requires_grad_()
        optimiser = torch.optim.Adam([codewords], lr=self.learning_rate)
        taken = torch.zeros(self.n_components, dtype=torch.bool)
        for step, batch in enumerate(stream.batches(0, n_steps)):
            x = standardisation.apply(torch.from_numpy(batch))
            chosen = largest_cosines(x, codewords.detach(), self.k)
            taken[chosen] = True
            loss = (F.embedding_bag(chosen, codewords, mode="sum") - x).square().sum(dim=1).mean()
            optimiser.param_groups[0]["lr"] = schedule.learning_rate(step)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            if (step + 1) % stream.batches_per_epoch == 0:
                if step + 1 <= (1 - _SETTLING) * n_steps and not taken.all():
                    new = self._from_items(int((~taken).sum()), items, standardisation, rng)
                    _replace(codewords, optimiser, ~taken, new)
                taken.zero_()
        atoms = standardisation.scale * codewords.detach().double()
        self.components_ = np.ascontiguousarray(atoms.numpy(), dtype=np.float32)
        self.offset_ = standardisation.mean.astype(np.float32)

    def _from_items(
        self, n: int, items: Items, standardisation: Standardisation, rng: np.random.Generator
    ) -> Float32[Tensor, "some neurons"]:
        """k codewords near an item's direction then add up to about its length."""
        return standardisation.apply(torch.from_numpy(items.sample(n, rng))) / self.k

    def _assignments(self, x: Float32[np.ndarray, "items neurons"]) -> Int64[np.ndarray, "items active"]:
        centred = torch.from_numpy(x - self.offset_)
        return largest_cosines(centred, torch.from_numpy(self.components_), self.k).numpy()


def largest_cosines(
    x: Float32[Tensor, "items neurons"], codewords: Float32[Tensor, "components neurons"], k: int
) -> Int64[Tensor, "items active"]:
    """The k codewords with the largest cosine similarity to each item.

    The length of the item is the same for all of them and is left out.
    """
    return (x @ F.normalize(codewords, dim=1).T).topk(k, dim=1).indices


@torch.no_grad()
def _replace(
    codewords: Tensor,
    optimiser: torch.optim.Adam,
    rows: Bool[Tensor, " components"],
    new: Float32[Tensor, "some neurons"],
) -> None:
    """Put new codewords in place of some, and forget what Adam has gathered about those."""
    codewords[rows] = new
    for name in ("exp_avg", "exp_avg_sq"):
        optimiser.state[codewords][name][rows] = 0
