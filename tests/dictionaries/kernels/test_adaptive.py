import pytest
import torch

from sememe.dictionaries.kernels.adaptive import AdaptiveStep
from sememe.dictionaries.kernels.choose import training_step
from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.kernels.plan import Positive, StepPlan
from sememe.dictionaries.kernels.reference import PlanObjective
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import ReLU
from sememe.dictionaries.step import ReferenceStep


class _WithPlan:
    """An objective as the kernels want it: callable, and with its plan."""

    def plan(self):
        return StepPlan(Positive(), l1_coefficient=0.5)

    def __call__(self, module, x, dead, fraction):
        return PlanObjective(self.plan())(module, x, dead, fraction)


def _module():
    generator = torch.Generator().manual_seed(0)
    atoms = torch.nn.functional.normalize(torch.randn(60, 8, generator=generator), dim=1)
    return SAEModule(atoms, torch.zeros(60), atoms, torch.zeros(8), ReLU())


def _batch(seed):
    return torch.randn(90, 8, generator=torch.Generator().manual_seed(seed))


def _make_sparse(module):
    with torch.no_grad():
        module.b_enc -= 1.5


def test_a_training_that_turns_sparse_is_that_of_the_reference():
    module, expected = _module(), _module()
    step = training_step(module, _WithPlan(), 0.1)
    reference = ReferenceStep(expected, _WithPlan(), 0.1)
    assert isinstance(step, AdaptiveStep)
    for number in range(6):
        if number == 3:
            _make_sparse(module)
            _make_sparse(expected)
        got, wanted = step.step(_batch(number), 1e-3), reference.step(_batch(number), 1e-3)
        assert isinstance(step._current, FastStep if number >= 3 else ReferenceStep)
        assert got.loss == pytest.approx(wanted.loss, rel=1e-5)
    for name, parameter in expected.named_parameters():
        torch.testing.assert_close(module.get_parameter(name), parameter, rtol=0, atol=1e-5)


def test_a_resumed_training_is_the_uninterrupted_one_bit_for_bit():
    module = _module()
    step = training_step(module, _WithPlan(), None)
    step.step(_batch(0), 1e-3)
    _make_sparse(module)
    step.step(_batch(1), 1e-3)
    resumed = _module()
    resumed.load_state_dict(module.state_dict())
    again = training_step(resumed, _WithPlan(), None)
    again.load_optimiser_state(step.optimiser_state())
    for number in (2, 3):
        step.step(_batch(number), 1e-3)
        again.step(_batch(number), 1e-3)
    assert all(torch.equal(a, b) for a, b in zip(module.parameters(), resumed.parameters(), strict=True))


def test_reset_reaches_the_state_in_use():
    module = _module()
    step = training_step(module, _WithPlan(), None)
    step.step(_batch(0), 1e-3)
    step.reset(torch.tensor([4]))
    assert (step.optimiser_state()["W_enc.exp_avg"][4] == 0).all()
