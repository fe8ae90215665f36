import numpy as np
import pytest
import torch
from torch.nn import functional as F

from sememe.dictionaries.folding import Standardisation
from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.items import Items
from sememe.dictionaries.l1_sae import L1Objective
from sememe.dictionaries.learner import Learner, Schedule
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import ReLU
from sememe.dictionaries.revival import Lift, Resampling, auxk_loss
from sememe.dictionaries.step import ReferenceStep


def test_auxk_by_hand():
    eye = torch.eye(2)
    module = SAEModule(**tied(eye), nonlinearity=ReLU())
    x, residual = torch.tensor([[2.0, 1.0], [-1.0, 3.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    # Only component 0 is dead: its codes are 2 and 0, so e_hat is (2, 0) and (0, 0).
    loss = auxk_loss(module, x, residual, torch.tensor([True, False]), k_aux=5)
    assert loss.item() == pytest.approx((1 + 0 + 0 + 1) / 4)


def test_auxk_keeps_the_k_largest_dead_codes_only():
    module = SAEModule(**tied(torch.eye(3)), nonlinearity=ReLU())
    x = torch.tensor([[3.0, 2.0, 1.0]])
    loss = auxk_loss(module, x, torch.zeros(1, 3), torch.ones(3, dtype=torch.bool), k_aux=1)
    assert loss.item() == pytest.approx(9 / 3)


def learner_with_dead(items: np.ndarray, dead: list[int]) -> Learner:
    module = SAEModule(**tied(2 * random_atoms(6, items.shape[1], seed=0)), nonlinearity=ReLU())
    module.normalise_atoms()
    step = ReferenceStep(module, L1Objective(0.1))
    standardisation = Standardisation(items.mean(axis=0, dtype=np.float64), 2.0)
    learner = Learner(module, step, standardisation, Schedule(1e-3, 0.0, 0.0, 100), dead_after=50)
    learner.update(items[:40], Items(items))
    learner.items_since_fired[dead] = 50
    return learner


def test_resampling_gives_dead_components_directions_of_items_and_forgets_their_moments(items):
    learner = learner_with_dead(items, [1, 4])
    module = learner.module
    before = {name: value.detach().clone() for name, value in module.named_parameters()}
    Resampling(frozenset({1}), seed=0).revive(learner, Items(items))
    alive = [0, 2, 3, 5]
    for name, value in module.component_parameters().items():
        assert torch.equal(value[alive], before[name][alive])
    directions = F.normalize(learner.standardised(items) - module.b_dec, dim=1)
    assert (module.W_dec[[1, 4]] @ directions.T).max(dim=1).values.min() > 0.9999
    length = 0.2 * before["W_enc"][alive].norm(dim=1).mean()
    torch.testing.assert_close(module.W_enc[[1, 4]], length * module.W_dec[[1, 4]])
    assert module.b_enc[[1, 4]].tolist() == [0, 0]
    state = learner.training_step.optimiser_state()
    assert (state["W_dec.exp_avg"][[1, 4]] == 0).all()
    assert (state["W_dec.exp_avg"][alive] != 0).any(dim=1).all()
    assert not learner.dead().any()


def test_resampling_prefers_items_by_their_squared_loss():
    # One item in a hundred is far off: its loss, squared, outweighs all others together.
    rng = np.random.default_rng(0)
    items = rng.normal(size=(100, 4)).astype(np.float32) * 0.1
    items[17] = [0, 0, 40, 0]
    learner = learner_with_dead(items, [2])
    Resampling(frozenset(), seed=3).revive(learner, Items(items))
    direction = F.normalize(learner.standardised(items[17:18]) - learner.module.b_dec, dim=1)[0]
    torch.testing.assert_close(learner.module.W_dec[2], direction)


@pytest.mark.parametrize("dead", [[], list(range(6))])
def test_with_none_or_all_dead_nothing_is_resampled(items, dead):
    learner = learner_with_dead(items, dead)
    before = learner.module.W_dec.detach().clone()
    Resampling(frozenset(), seed=0).revive(learner, Items(items))
    assert torch.equal(learner.module.W_dec, before)


def test_resampling_is_due_before_its_steps():
    resampling = Resampling(frozenset({5, 10}), seed=0)
    assert [step for step in range(20) if resampling.due(step)] == [5, 10]


def test_a_silent_components_bias_rises_by_learning_rates_and_no_other(items):
    # Silent after a quarter of the 50 items of dead_after.
    learner = learner_with_dead(items, [])
    learner.items_since_fired[:] = torch.tensor([0, 12, 13, 50, 0, 0])
    before = {name: value.detach().clone() for name, value in learner.module.named_parameters()}
    Lift(rate=3.0).revive(learner, Items(items))
    rise = learner.module.b_enc - before["b_enc"]
    assert rise.tolist() == pytest.approx([0, 0, 3e-3, 3e-3, 0, 0], abs=1e-6)
    for name in ("W_enc", "W_dec", "b_dec"):
        assert torch.equal(learner.module.get_parameter(name), before[name])


def test_the_lift_outlasts_the_decay_of_the_learning_rate(items):
    learner = learner_with_dead(items, [0])
    learner.schedule = Schedule(0.1, warmup=0.0, decay=0.5, n_steps=2)
    learner.n_steps = 2
    before = learner.module.b_enc[0].item()
    Lift(rate=1.0).revive(learner, Items(items))
    assert learner.schedule.learning_rate(2) < 0.1
    assert learner.module.b_enc[0].item() - before == pytest.approx(0.1)


def test_nothing_is_lifted_before_anything_could_fire():
    assert [Lift(1.0).due(step) for step in range(3)] == [False, True, True]
