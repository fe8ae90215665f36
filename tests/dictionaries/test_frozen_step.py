import torch

from sememe.dictionaries.frozen_step import FrozenStep
from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import TopK
from sememe.dictionaries.step import ReferenceStep, TrainingStep
from sememe.dictionaries.topk_sae import TopKObjective


def test_another_step_is_taken_and_what_was_to_stay_is_put_back():
    module = SAEModule(**tied(random_atoms(8, 4, seed=0)), nonlinearity=TopK(2))
    inner = ReferenceStep(module, TopKObjective(2, 1, 0.0))
    before = module.b_enc.detach().clone()

    @torch.no_grad()
    def restore() -> None:
        module.b_enc.copy_(before)

    step = FrozenStep(inner, restore)
    assert isinstance(step, TrainingStep)
    x = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        error = (module(x) - x).square().mean().item()
    atoms = module.W_dec.detach().clone()
    outcome = step.step(x, 0.01)
    assert abs(outcome.squared_error - error) < 1e-6
    assert torch.equal(module.b_enc, before)
    assert not torch.equal(module.W_dec, atoms)
    step.reset(torch.tensor([3]))
    assert (inner.optimiser_state()["W_dec.exp_avg"][3] == 0).all()
    assert step.optimiser_state().keys() == inner.optimiser_state().keys()
    step.load_optimiser_state({name: 2 * value for name, value in inner.optimiser_state().items()})
    assert inner.optimiser_state()["step"] == 2
