"""Training in which some parameters stay as they are."""

from collections.abc import Callable, Mapping

from jaxtyping import Bool, Float, Int
from torch import Tensor

from sememe.dictionaries.step import StepOutcome, TrainingStep


class FrozenStep:
    """Another step, after which ``restore`` puts back what was to stay.

    That way the compiled steps, which update all parameters, serve here too. ``clip_norm`` bounds the
    gradient of all parameters, frozen ones among them.
    """

    def __init__(self, step: TrainingStep, restore: Callable[[], None]) -> None:
        self._step = step
        self._restore = restore

    def step(
        self,
        x: Float[Tensor, "items neurons"],
        learning_rate: float,
        dead: Bool[Tensor, " components"] | None = None,
        fraction: float = 1.0,
    ) -> StepOutcome:
        """Take one step on a centred and scaled batch; see ``step.TrainingStep``."""
        outcome = self._step.step(x, learning_rate, dead, fraction)
        self._restore()
        return outcome

    def optimiser_state(self) -> dict[str, Tensor]:
        """Adam's state; see ``step.TrainingStep``."""
        return self._step.optimiser_state()

    def load_optimiser_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what ``optimiser_state`` gave."""
        self._step.load_optimiser_state(state)

    def reset(self, components: Int[Tensor, " some"]) -> None:
        """Forget Adam's moments of these components, whose parameters were replaced."""
        self._step.reset(components)
