"""Atoms made from other parameters: the kernels' step beside autograd's."""

import copy

import pytest
import torch
from torch.nn.utils import parametrize

from sememe.dictionaries.archetypal_sae import ArchetypalSAE, Hull
from sememe.dictionaries.kernels.mixed_step import MixedStep
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.step import ReferenceStep

N, D = 20, 6


def given():
    """A module with atoms in a hull, and its objective."""
    generator = torch.Generator().manual_seed(0)
    sae = ArchetypalSAE(n_components=N, k=3)
    archetypes = torch.randn(2 * N, D, generator=generator)
    hull = Hull(archetypes, bound=0.1)
    # Each atom at an archetype of its own: equal components would tie, and which fires would be chance.
    begun = torch.nn.functional.normalize(archetypes[:N], dim=1)
    module: SAEModule = sae._module(hull(*hull.right_inverse(begun)).detach())
    parametrize.register_parametrization(module, "W_dec", hull)
    return module, sae._objective(D)


def batches(n):
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(128, D, generator=generator) for _ in range(n)]


def test_its_gradients_and_its_losses_are_those_of_autograd():
    module, objective = given()
    other = copy.deepcopy(module)
    fast, slow = MixedStep(module, objective.plan()), ReferenceStep(other, objective)
    sources = [name for name, _ in module.named_parameters() if name.startswith("parametrizations")]
    assert len(sources) == 2
    for number, x in enumerate(batches(20)):
        one, two = fast.step(x, 0.01), slow.step(x, 0.01)
        if number == 0:
            # Later steps part by what Adam makes of gradients that are nothing but rounding.
            found, expected = (dict(m.named_parameters()) for m in (module, other))
            for name in sources:
                torch.testing.assert_close(found[name].grad, expected[name].grad, rtol=1e-4, atol=1e-8)
            assert torch.equal(one.fired, two.fired)
        assert one.loss == pytest.approx(two.loss, rel=0.01)
    torch.testing.assert_close(module.W_dec.norm(dim=1), torch.ones(N))


def test_a_training_that_was_stopped_goes_on_to_the_same_place():
    module, objective = given()
    whole = MixedStep(module, objective.plan())
    for x in batches(6)[:3]:
        whole.step(x, 0.01)
    later = copy.deepcopy(module)
    state = {name: value.clone() for name, value in whole.optimiser_state().items()}
    resumed = MixedStep(later, objective.plan())
    resumed.load_optimiser_state(state)
    for x in batches(6)[3:]:
        assert resumed.step(x, 0.01).loss == whole.step(x, 0.01).loss
    assert torch.equal(later.W_dec, module.W_dec)


def test_moments_of_replaced_components_are_forgotten():
    module, objective = given()
    step = MixedStep(module, objective.plan())
    for x in batches(2):
        step.step(x, 0.01)
    step.reset(torch.tensor([1, 4]))
    for name, moment in step.optimiser_state().items():
        if name.endswith("exp_avg") and not name.startswith("b_dec"):
            assert not moment[[1, 4]].any(), name
            assert moment.any(), name
