"""Which images a training visits in each epoch, and in which order."""

import math
from collections.abc import Iterator

import numpy as np
from jaxtyping import Float, Int

from sememe.networks.training_recipe import TrainingRecipe


class Curriculum:
    """All images in the first epoch; in later ones the ``focus`` share that was hardest when last seen.

    After one epoch most digits are classified with near certainty and hardly move the weights any more; to
    visit the others instead takes a third of the time to the same accuracy. The losses are those that
    training computes anyhow, so choosing costs nothing (Loshchilov & Hutter 2015, "Online batch selection for
    faster training of neural networks", with a cut in place of their exponential ranking). An image left out
    keeps its loss, and comes back when it has become one of the hardest.
    """

    def __init__(self, n_images: int, recipe: TrainingRecipe, generator: np.random.Generator) -> None:
        self._losses = np.full(n_images, np.inf, dtype=np.float32)
        self._generator = generator
        self._batch_size = recipe.batch_size
        n_hard = max(1, round(n_images * recipe.focus))
        self._visits = [n_images] + [n_hard] * (recipe.epochs - 1)

    @property
    def n_steps(self) -> int:
        """Batches in all epochs together."""
        return sum(self._n_batches(n) for n in self._visits)

    def batches(self, epoch: int) -> Iterator[Int[np.ndarray, " batch"]]:
        """The rows of each batch of one epoch, counted from 0; batches differ in size by one at most."""
        n = self._visits[epoch]
        rows = np.argpartition(-self._losses, n - 1)[:n]
        return iter(np.array_split(self._generator.permutation(rows), self._n_batches(n)))

    def seen(self, rows: Int[np.ndarray, " batch"], losses: Float[np.ndarray, " batch"]) -> None:
        """Keep the losses that the images of a batch had."""
        self._losses[rows] = losses

    def _n_batches(self, n_images: int) -> int:
        return math.ceil(n_images / self._batch_size)
