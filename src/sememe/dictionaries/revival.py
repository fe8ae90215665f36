"""Bringing components back that no longer fire: an auxiliary loss, rising biases, or new parameters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor
from torch.nn import functional as F

from sememe.dictionaries.items import Items
from sememe.dictionaries.module import SAEModule

if TYPE_CHECKING:
    from sememe.dictionaries.learner import Learner


def auxk_loss(
    module: SAEModule,
    x: Float[Tensor, "items neurons"],
    residual: Float[Tensor, "items neurons_out"],
    dead: Bool[Tensor, " components"],
    k_aux: int,
) -> Float[Tensor, ""]:
    """AuxK: how well the ``k_aux`` largest dead codes of each item reconstruct what the others left.

    Mean over items and neurons of ``(e - e_hat)^2``, where ``e = x - x_hat`` is held fixed and ``e_hat`` is
    decoded from dead components alone, without ``b_dec`` (which is in ``x_hat`` already). Its gradient
    reaches encoder and atoms of dead components and nothing else. Gao et al. 2024, appendix A.2. The residual
    of a transcoder is that of the later layer.
    """
    rows = dead.nonzero().squeeze(1)
    pre = module.pre_codes_of(x, rows)
    values, columns = pre.topk(min(k_aux, len(rows)), dim=1, sorted=False)
    codes = torch.zeros_like(pre).scatter(1, columns, torch.relu(values))
    return (codes @ module.W_dec[rows] - residual.detach()).square().mean()


@dataclass(frozen=True)
class Lift:
    """Raises the encoder biases of silent components, step by step, until they fire.

    The gradient of a loss that pulls the pre-activations of components that do not fire up to where they
    would, as the pre-activation loss of Anthropic's Circuits Updates of January 2025 ("Dictionary learning
    optimization techniques"): such a component fires again on the items for which it is least out of place,
    and learns from them. AuxK alone cannot do this where little error is left to learn from, as on a layer
    whose own neurons are sparse. The rise does not decay with the learning rate, so that what falls silent
    near the end comes back too.

    Attributes:
        rate: rise of a step, in learning rates.
    """

    rate: float

    # A component is silent before it is dead: after this share of the items.
    SILENT = 1 / 4

    def due(self, step: int) -> bool:
        return step > 0

    @torch.no_grad()
    def revive(self, learner: "Learner", items: Items) -> None:
        """Raise the biases of the learner's silent components; nothing is drawn from ``items``."""
        silent = learner.items_since_fired >= self.SILENT * learner.dead_after
        rise = self.rate * learner.schedule.without_decay(learner.n_steps)
        learner.module.b_enc[silent] += rise


@dataclass(frozen=True)
class Resampling:
    """Gives dead components the directions of items that are reconstructed badly.

    Bricken et al. 2023 ("Towards Monosemanticity", appendix "Neuron resampling"): an item is drawn with
    probability proportional to its squared loss; its direction becomes the atom, and, at ``ENCODER_SHARE``
    of the mean length of the alive encoder rows, the encoder row; the bias becomes 0, Adam's moments too.

    Attributes:
        steps: before which steps it happens.
        seed: of the drawing.
    """

    steps: frozenset[int]
    seed: int

    ENCODER_SHARE = 0.2
    ITEMS = 8192

    def due(self, step: int) -> bool:
        return step in self.steps

    @torch.no_grad()
    def revive(self, learner: "Learner", items: Items) -> None:
        """Replace the learner's dead components, with items drawn from ``items``."""
        module, dead = learner.module, learner.dead()
        rows = dead.nonzero().squeeze(1)
        if len(rows) == 0 or len(rows) == module.n_components:
            return
        rng = np.random.default_rng([self.seed, learner.n_steps])
        x = learner.standardised(items.sample(self.ITEMS, rng))
        losses = (module(x) - x).square().sum(dim=1)
        drawn = _draw_by_squared_loss(losses, len(rows), rng)
        directions = F.normalize(x[drawn.to(x.device)] - module.b_dec, dim=1)
        length = self.ENCODER_SHARE * module.W_enc[~dead].norm(dim=1).mean()
        module.W_dec[rows] = directions
        module.W_enc[rows] = length * directions
        for name, parameter in module.component_parameters().items():
            if name not in ("W_enc", "W_dec"):
                parameter[rows] = 0
        learner.training_step.reset(rows)
        learner.items_since_fired[rows] = 0


def evenly_over_first_half(n_steps: int, n_resamplings: int, seed: int) -> Resampling | None:
    """Resampling before steps spread evenly over the first half of the training; None where there is none."""
    steps = {n_steps * n // (2 * n_resamplings) for n in range(1, n_resamplings + 1)}
    return Resampling(frozenset(steps), seed) if steps else None


def _draw_by_squared_loss(
    losses: Float[Tensor, " items"], n: int, rng: np.random.Generator
) -> Int64[Tensor, " drawn"]:
    weights = losses.double().square().cpu().numpy()
    total = weights.sum()
    shares = weights / total if total > 0 else np.full(len(weights), 1 / len(weights))
    return torch.from_numpy(rng.choice(len(weights), n, p=shares))
