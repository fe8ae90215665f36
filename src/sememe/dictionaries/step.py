"""One step of training: what every implementation takes and gives, and the plain one.

A step is given a batch that is already centred and scaled. It computes the loss, its gradients and the
update of the parameters, in place. ``ReferenceStep`` does it by torch's autograd and optimisers; it serves
every family, every device and float64. ``kernels`` holds faster ones for the processor, tested against it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn.utils import parametrize

from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.optimisers import ADAM_BETAS, ADAM_EPSILON, SHARED_STATE, optimiser

__all__ = [
    "ADAM_BETAS",
    "ADAM_EPSILON",
    "Losses",
    "Objective",
    "ReferenceStep",
    "StepOutcome",
    "TrainingStep",
]


@dataclass(frozen=True, eq=False)
class StepOutcome:
    """What one step saw, before its update.

    Attributes:
        loss: what was minimised: the squared error and the family's penalties.
        squared_error: mean over items and neurons of the squared error; as the batch is scaled to unit
            variance, close to the fraction of variance unexplained.
        l0: mean number of non-zero codes an item.
        fired: which components were non-zero for any item of the batch.
    """

    loss: float
    squared_error: float
    l0: float
    fired: Bool[Tensor, " components"]


@runtime_checkable
class TrainingStep(Protocol):
    """Updates a module's parameters in place, batch by batch."""

    def step(
        self,
        x: Float[Tensor, "items neurons"],
        learning_rate: float,
        dead: Bool[Tensor, " components"] | None = None,
        fraction: float = 1.0,
    ) -> StepOutcome:
        """Take one step on a centred and scaled batch.

        ``dead`` marks the components to revive (None: none is dead); ``fraction`` is the share of the
        training that is over, from 0 to 1, for penalties that change on the way.
        """
        ...

    def optimiser_state(self) -> dict[str, Tensor]:
        """The state by name; Adam's is ``step``, and ``<parameter>.exp_avg`` and ``.exp_avg_sq`` of each."""
        ...

    def load_optimiser_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what ``optimiser_state`` gave."""
        ...

    def reset(self, components: Int[Tensor, " some"]) -> None:
        """Forget the optimiser's state of these components, whose parameters were replaced."""
        ...


@dataclass(frozen=True, eq=False)
class Losses:
    """What an objective computes on a batch; ``total`` carries the gradient, the rest is for the record."""

    total: Float[Tensor, ""]
    squared_error: Float[Tensor, ""]
    l0: Float[Tensor, ""]
    fired: Bool[Tensor, " components"]

    @classmethod
    def of(
        cls,
        total: Float[Tensor, ""],
        squared_error: Float[Tensor, ""],
        codes: Float[Tensor, "items components"],
    ) -> "Losses":
        """With L0 and who fired read off dense codes."""
        firings = codes.detach() != 0
        l0 = firings.sum().to(codes.dtype) / len(codes)
        return cls(total, squared_error.detach(), l0, firings.any(dim=0))


@runtime_checkable
class Objective(Protocol):
    """What a family minimises: mean over items and neurons of the squared error, and its penalties."""

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses: ...


class ReferenceStep:
    """Autograd and Adam: the reference for the fast paths, and the step of families that have none.

    ``clip_norm`` bounds the length of the gradient over all parameters together; None leaves it.
    ``optimizer`` is one of ``optimisers.OPTIMISERS``.
    """

    def __init__(
        self,
        module: SAEModule,
        objective: Objective,
        clip_norm: float | None = None,
        optimizer: str = "adam",
    ) -> None:
        self.module = module
        self.objective = objective
        self.clip_norm = clip_norm
        self._optimiser = optimiser(optimizer, list(module.parameters()))

    def step(
        self,
        x: Float[Tensor, "items neurons"],
        learning_rate: float,
        dead: Bool[Tensor, " components"] | None = None,
        fraction: float = 1.0,
    ) -> StepOutcome:
        self._optimiser.zero_grad(set_to_none=True)
        with parametrize.cached():  # atoms that are made from other parameters are made once a step
            losses = self.objective(self.module, x, dead, fraction)
        losses.total.backward()
        self.module.remove_radial_gradient()
        if self.clip_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.module.parameters(), self.clip_norm)
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()
        self.module.normalise_atoms()
        self.module.nonlinearity.constrain_()
        return StepOutcome(
            losses.total.item(), losses.squared_error.item(), losses.l0.item(), losses.fired.detach()
        )

    def optimiser_state(self) -> dict[str, Tensor]:
        return {name: value.clone() for name, value in self._state().items()}

    def load_optimiser_state(self, state: Mapping[str, Tensor]) -> None:
        for parameter_name, parameter in self.module.named_parameters():
            for key, value in self._optimiser.state[parameter].items():
                value.copy_(state[key if key in SHARED_STATE else f"{parameter_name}.{key}"])

    def reset(self, components: Int[Tensor, " some"]) -> None:
        for parameter in self.module.component_parameters().values():
            for key, value in self._optimiser.state[parameter].items():
                if key not in SHARED_STATE:
                    value[components] = 0

    def _state(self) -> dict[str, Tensor]:
        return {
            key if key in SHARED_STATE else f"{name}.{key}": value
            for name, parameter in self.module.named_parameters()
            for key, value in self._optimiser.state[parameter].items()
        }
