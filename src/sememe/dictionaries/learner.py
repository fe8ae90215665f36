"""One dictionary in training: its module, its step, and what must be remembered between batches."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.items import Items
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.step import TrainingStep
from sememe.errors import DictionaryError

# A parameter that has grown beyond this, for items of unit variance, will not come back.
_RUN_AWAY = 1e6


@dataclass(frozen=True)
class Schedule:
    """The learning rate over the steps of a training.

    It rises linearly during the first ``warmup`` share of the steps, stays at ``peak``, and falls linearly
    towards 0 during the last ``decay`` share.
    """

    peak: float
    warmup: float
    decay: float
    n_steps: int

    def learning_rate(self, step: int) -> float:
        """For step number ``step``, counted from 0; beyond the last step as in the last."""
        warmup, decay = self.warmup * self.n_steps, self.decay * self.n_steps
        up = (step + 1) / (warmup + 1)
        down = (self.n_steps - min(step, self.n_steps - 1)) / (decay + 1)
        return self.peak * min(1.0, up, down)

    def without_decay(self, step: int) -> float:
        """As ``learning_rate``, but staying at the peak to the end."""
        return self.peak * min(1.0, (step + 1) / (self.warmup * self.n_steps + 1))


@runtime_checkable
class Revival(Protocol):
    """Brings components back between steps."""

    def due(self, step: int) -> bool: ...

    def revive(self, learner: "Learner", items: Items) -> None: ...


class EarlyStop:
    """Ends a training whose held-out error has not fallen for ``patience`` evaluations in a row."""

    # Less than this share of the best error is not a fall.
    TOLERANCE = 1e-3

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best = float("inf")
        self.waited = 0

    def update(self, error: float) -> None:
        if error < self.best * (1 - self.TOLERANCE):
            self.best, self.waited = error, 0
        else:
            self.waited += 1

    @property
    def stopped(self) -> bool:
        return self.waited >= self.patience


class Learner:
    """Takes raw batches, standardises them, steps, and counts who fired.

    Args:
        module: updated in place, in standardised units.
        step: the implementation of a training step on that module.
        standardisation: centre and scale of the items.
        schedule: learning rate over the steps.
        dead_after: items without a firing after which a component counts as dead.
        revival: what brings components back between steps, if anything does.
        early_stop: ends the training on a held-out error, if asked for.
    """

    def __init__(
        self,
        module: SAEModule,
        step: TrainingStep,
        standardisation: Standardisation,
        schedule: Schedule,
        dead_after: int,
        revival: Revival | None = None,
        early_stop: EarlyStop | None = None,
    ) -> None:
        self.module = module
        self.training_step = step
        self.standardisation = standardisation
        self.schedule = schedule
        self.dead_after = dead_after
        self.revival = revival
        self.early_stop = early_stop
        self.n_steps = 0
        self.items_since_fired = torch.zeros(module.n_components, dtype=torch.int64, device=self.device)
        # Sums over the steps since the last record: loss, squared error, l0, steps.
        self._sums = torch.zeros(4, dtype=torch.float64)

    @property
    def device(self) -> torch.device:
        return self.module.b_dec.device

    @property
    def stopped(self) -> bool:
        return self.early_stop is not None and self.early_stop.stopped

    def dead(self) -> Bool[Tensor, " components"]:
        """Components that have not fired for ``dead_after`` items."""
        return self.items_since_fired >= self.dead_after

    def standardised(self, batch: Float32[np.ndarray, "batch neurons"]) -> Float[Tensor, "batch neurons"]:
        return self.standardisation.apply(torch.from_numpy(batch).to(self.module.b_dec))

    def update(self, batch: Float32[np.ndarray, "batch neurons"], items: Items) -> None:
        """One training step on a raw batch; ``items`` are where revival may draw from.

        Raises:
            DictionaryError: the loss is no longer finite.
        """
        if self.revival is not None and self.revival.due(self.n_steps):
            self.revival.revive(self, items)
        dead = self.dead()
        outcome = self.training_step.step(
            self.standardised(batch),
            self.schedule.learning_rate(self.n_steps),
            dead if bool(dead.any()) else None,
            min(1.0, self.n_steps / self.schedule.n_steps),
        )
        if not np.isfinite(outcome.loss) or self._ran_away():
            raise DictionaryError(
                f"The training diverged at step {self.n_steps + 1} (loss {outcome.loss}): "
                f"lower learning_rate (now {self.schedule.peak}) or set clip_norm."
            )
        self.n_steps += 1
        self.items_since_fired += len(batch)
        self.items_since_fired[outcome.fired] = 0
        self._sums += torch.tensor(
            [outcome.loss, outcome.squared_error, outcome.l0, 1.0], dtype=torch.float64
        )

    def _ran_away(self) -> bool:
        # Adam moves all parameters alike, so the few of b_dec tell; items have unit variance.
        return not float(self.module.b_dec.detach().abs().max()) < _RUN_AWAY

    def record(self) -> dict[str, Any]:
        """Means over the steps since the last record: what the log is given."""
        loss, squared_error, l0, steps = self._sums.tolist()
        self._sums.zero_()
        return {
            "step": self.n_steps,
            "loss": loss / max(1.0, steps),
            "fvu": squared_error / max(1.0, steps),
            "l0": l0 / max(1.0, steps),
            "dead": float(self.dead().double().mean()),
            "learning_rate": self.schedule.learning_rate(max(0, self.n_steps - 1)),
        }

    @torch.no_grad()
    def held_out_fvu(self, held_out: Float32[np.ndarray, "batch neurons"]) -> float:
        """Fraction of the held-out items' variance that the module, as it is, leaves unexplained."""
        x = self.standardised(held_out)
        error = (self.module(x) - x).double().square().sum()
        return float(error / (x - x.mean(dim=0)).double().square().sum())

    def state(self) -> dict[str, Tensor]:
        """Everything that the next step depends on, as named tensors."""
        state = {f"module.{name}": value.detach().clone() for name, value in self.module.state_dict().items()}
        optimiser = self.training_step.optimiser_state()
        state |= {f"optimiser.{name}": value for name, value in optimiser.items()}
        state["items_since_fired"] = self.items_since_fired.clone()
        state["n_steps"] = torch.tensor(self.n_steps)
        state["sums"] = self._sums.clone()
        if self.early_stop is not None:
            state["early_stop"] = torch.tensor(
                [self.early_stop.best, float(self.early_stop.waited)], dtype=torch.float64
            )
        return state

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Go on from what ``state`` gave."""
        self.module.load_state_dict(_below("module.", state))
        self.training_step.load_optimiser_state(_below("optimiser.", state))
        self.items_since_fired.copy_(state["items_since_fired"])
        self.n_steps = int(state["n_steps"].item())
        self._sums.copy_(state["sums"])
        if self.early_stop is not None:
            best, waited = state["early_stop"].tolist()
            self.early_stop.best, self.early_stop.waited = best, int(waited)


def _below(prefix: str, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
