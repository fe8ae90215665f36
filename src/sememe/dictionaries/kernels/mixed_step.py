"""The kernels' training step for atoms that are made from other parameters."""

from collections.abc import Mapping

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from sememe.dictionaries.kernels.fast_step import PARAMETERS, FastStep
from sememe.dictionaries.kernels.plan import StepPlan
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.optimisers import SHARED_STATE, optimiser
from sememe.dictionaries.step import StepOutcome

_PREFIX = "parametrizations.W_dec."


class MixedStep:
    """The step of ``step.TrainingStep`` for a module whose ``W_dec`` is parametrised.

    The kernels give the loss and the gradient of the atoms, autograd takes the latter on to what the atoms
    are made from, and Adam moves that: the mathematics of the reference, without its pass over dense codes.

    Args:
        module: with a parametrisation of ``W_dec`` whose rows have unit length; float32, on the processor.
        plan: what is selected, and the terms of the loss.
    """

    def __init__(self, module: SAEModule, plan: StepPlan) -> None:
        self._module = module
        self._atoms = module.W_dec.detach().clone(memory_format=torch.contiguous_format)
        free = {name: value for name, value in module.named_parameters() if name in PARAMETERS}
        self._fast = FastStep(free | {"W_dec": self._atoms}, plan)
        self._sources: dict[str, nn.Parameter] = {
            name: value for name, value in module.named_parameters() if name.startswith(_PREFIX)
        }
        self._optimiser = optimiser("adam", list(self._sources.values()))

    def step(
        self,
        x: Float[Tensor, "items neurons"],
        learning_rate: float,
        dead: Bool[Tensor, " components"] | None = None,
        fraction: float = 1.0,
    ) -> StepOutcome:
        """Take one step on a centred and scaled batch; see ``step.TrainingStep``."""
        atoms = self._module.W_dec
        self._atoms.copy_(atoms.detach())
        outcome = self._fast.step(x, learning_rate, dead, fraction)
        self._optimiser.zero_grad(set_to_none=True)
        atoms.backward(self._fast.gradient("W_dec"))
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()
        return outcome

    def optimiser_state(self) -> dict[str, Tensor]:
        """Adam's state, as copies; see ``step.TrainingStep``."""
        state = self._fast.optimiser_state()
        state = {name: value for name, value in state.items() if not name.startswith("W_dec.")}
        for name, parameter in self._sources.items():
            for key, value in self._optimiser.state[parameter].items():
                if key not in SHARED_STATE:
                    state[f"{name}.{key}"] = value.clone()
        return state

    def load_optimiser_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what ``optimiser_state`` gave."""
        nothing = torch.zeros_like(self._atoms)
        of_atoms = {f"W_dec.{moment}": nothing for moment in ("exp_avg", "exp_avg_sq")}
        self._fast.load_optimiser_state({**state, **of_atoms})
        for name, parameter in self._sources.items():
            for key, value in self._optimiser.state[parameter].items():
                value.copy_(state[key if key in SHARED_STATE else f"{name}.{key}"])

    def reset(self, components: Int[Tensor, " some"]) -> None:
        """Forget Adam's moments of these components, whose parameters were replaced."""
        self._fast.reset(components)
        for parameter in self._sources.values():
            for key, value in self._optimiser.state[parameter].items():
                if key not in SHARED_STATE:
                    value[components] = 0
