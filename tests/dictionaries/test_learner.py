import numpy as np
import pytest
import torch

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.items import Items
from sememe.dictionaries.learner import EarlyStop, Learner, Schedule
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import ReLU
from sememe.dictionaries.step import StepOutcome
from sememe.errors import DictionaryError


def test_learning_rate_rises_stays_and_falls():
    schedule = Schedule(peak=1.0, warmup=0.2, decay=0.5, n_steps=10)
    rates = [schedule.learning_rate(step) for step in range(10)]
    assert rates == pytest.approx([1 / 3, 2 / 3, 1, 1, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6])
    assert schedule.learning_rate(50) == rates[-1]


def test_a_schedule_without_warmup_and_decay_is_constant():
    assert {Schedule(0.3, 0.0, 0.0, 5).learning_rate(step) for step in range(5)} == {0.3}


def test_early_stop_waits_for_falls():
    stop = EarlyStop(patience=2)
    for error in (1.0, 0.5, 0.4999, 0.4):
        stop.update(error)
    assert not stop.stopped
    stop.update(0.4)
    stop.update(0.45)
    assert stop.stopped


class ScriptedStep:
    """A step that changes nothing and reports who fired, and a loss, as it is told."""

    def __init__(self, fired: list[list[bool]], loss: float = 0.5) -> None:
        self.fired = iter(fired)
        self.loss = loss
        self.calls: list[tuple[float, torch.Tensor | None, float]] = []

    def step(self, x, learning_rate, dead=None, fraction=1.0) -> StepOutcome:
        self.calls.append((learning_rate, dead, fraction))
        return StepOutcome(self.loss, 0.25, 1.5, torch.tensor(next(self.fired)))

    def optimiser_state(self) -> dict[str, torch.Tensor]:
        return {}

    def load_optimiser_state(self, state) -> None: ...

    def reset(self, components) -> None: ...


def learner_of(step, dead_after=10) -> Learner:
    module = SAEModule(**tied(random_atoms(2, 3, seed=0)), nonlinearity=ReLU())
    standardisation = Standardisation(np.zeros(3), 1.0)
    return Learner(module, step, standardisation, Schedule(1.0, 0.0, 0.0, 4), dead_after)


def test_a_component_is_dead_after_so_many_items_and_alive_when_it_fires():
    step = ScriptedStep([[True, False], [True, False], [False, True], [True, True]])
    learner = learner_of(step)
    batch = np.ones((5, 3), dtype=np.float32)
    for _ in range(2):
        learner.update(batch, Items(batch))
    assert learner.dead().tolist() == [False, True]
    for _ in range(2):
        learner.update(batch, Items(batch))
    assert learner.items_since_fired.tolist() == [0, 0]
    handed = [dead.tolist() if dead is not None else None for _, dead, _ in step.calls]
    assert handed == [None, None, [False, True], None]
    assert [fraction for _, _, fraction in step.calls] == [0, 0.25, 0.5, 0.75]


def test_a_record_is_the_mean_since_the_last():
    learner = learner_of(ScriptedStep([[True, False]] * 3))
    batch = np.ones((5, 3), dtype=np.float32)
    for _ in range(3):
        learner.update(batch, Items(batch))
    record = learner.record()
    assert (record["step"], record["loss"], record["fvu"], record["l0"]) == (3, 0.5, 0.25, 1.5)
    assert record["dead"] == 0.5
    assert learner.record()["loss"] == 0


def test_a_loss_that_is_not_finite_stops_the_training_with_a_hint():
    learner = learner_of(ScriptedStep([[True, True]], loss=float("nan")))
    batch = np.ones((5, 3), dtype=np.float32)
    with pytest.raises(DictionaryError, match=r"diverged at step 1 \(loss nan\): lower learning_rate"):
        learner.update(batch, Items(batch))
