"""A step for codes that may be dense at first and sparse later, as those of a ReLU under an L1 penalty."""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.step import ReferenceStep, StepOutcome, TrainingStep

# Above this share of components firing for an item, gathering atoms one by one is slower than multiplying
# by all of them (8,192 components of 512 neurons: even at one in six).
_DENSE = 1 / 8

_SAMPLE = 64


class AdaptiveStep:
    """Sparse kernels where codes are sparse, torch where they are not; Adam's state goes along.

    Which it is is read off a few items of each batch, so that a resumed training decides as it did before.
    """

    def __init__(self, fast: FastStep, dense: ReferenceStep) -> None:
        self._fast, self._dense = fast, dense
        self._current: TrainingStep = dense

    def step(
        self,
        x: Float[Tensor, "items neurons"],
        learning_rate: float,
        dead: Bool[Tensor, " components"] | None = None,
        fraction: float = 1.0,
    ) -> StepOutcome:
        """Take one step on a centred and scaled batch; see ``step.TrainingStep``."""
        wanted: TrainingStep = self._dense if self._density(x) > _DENSE else self._fast
        if wanted is not self._current:
            wanted.load_optimiser_state(self._current.optimiser_state())
            self._current = wanted
        return self._current.step(x, learning_rate, dead, fraction)

    @torch.no_grad()
    def _density(self, x: Float[Tensor, "items neurons"]) -> float:
        few = x[:: max(1, len(x) // _SAMPLE)]
        return (self._dense.module.pre_codes(few) > 0).double().mean().item()

    def optimiser_state(self) -> dict[str, Tensor]:
        """Adam's state; see ``step.TrainingStep``."""
        return self._current.optimiser_state()

    def load_optimiser_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what ``optimiser_state`` gave."""
        self._current.load_optimiser_state(state)

    def reset(self, components: Int[Tensor, " some"]) -> None:
        """Forget Adam's moments of these components, whose parameters were replaced."""
        self._current.reset(components)
