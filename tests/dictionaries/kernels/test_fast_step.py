import numpy as np
import pytest
import torch

from sememe.dictionaries.kernels import compiled, integer_product
from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.kernels.plan import BatchTopK, Positive, StepPlan, TopK
from sememe.dictionaries.kernels.reference import PlanObjective
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import ReLU
from sememe.dictionaries.step import ReferenceStep

ITEMS, D_IN, N_COMPONENTS = 101, 19, 150
PREFIXES = (20, 70, N_COMPONENTS)
PLANS = {
    "top k": StepPlan(TopK(5)),
    "top k of few": StepPlan(TopK(60)),
    "top k, aux k": StepPlan(TopK(5), k_aux=7, auxk_coefficient=0.5),
    "batch top k, l1": StepPlan(BatchTopK(5), l1_coefficient=0.3),
    "matryoshka": StepPlan(BatchTopK(5), PREFIXES, (0.5, 1.5, 2.0), k_aux=200, auxk_coefficient=2.0),
    "l1": StepPlan(Positive(), l1_coefficient=0.3),
}


def _module(dtype=torch.float64, seed=0, n_components=N_COMPONENTS, d_in=D_IN):
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    atoms = torch.nn.functional.normalize(normal(n_components, d_in), dim=1)
    W_enc = atoms + 0.1 * normal(n_components, d_in)
    parameters = (W_enc, 0.1 * normal(n_components), atoms, 0.1 * normal(d_in))
    return SAEModule(*(p.to(dtype) for p in parameters), nonlinearity=ReLU())


def _batch(dtype=torch.float64, seed=0, items=ITEMS, d_in=D_IN):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.standard_normal((items, d_in))).to(dtype)


def _fast(module, plan, **options):
    return FastStep(dict(module.named_parameters()), plan, **options)


DEAD = torch.arange(N_COMPONENTS) % 3 == 0


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 2e-5)])
def test_steps_equal_autograd_and_adam(name, dtype, tolerance):
    fast, slow = _module(dtype), _module(dtype)
    step = _fast(fast, PLANS[name], clip_norm=0.05)
    reference = ReferenceStep(slow, PlanObjective(PLANS[name]), clip_norm=0.05)
    for number in range(4):
        batch = _batch(dtype, number)
        got, expected = step.step(batch, 1e-3, DEAD), reference.step(batch, 1e-3, DEAD)
        assert got.loss == pytest.approx(expected.loss, rel=tolerance)
        assert got.squared_error == pytest.approx(expected.squared_error, rel=tolerance)
        assert got.l0 == pytest.approx(expected.l0)
        assert torch.equal(got.fired, expected.fired)
    # The moments are linear and quadratic in the gradients, so these are compared to rounding.
    state, expected_state = step.optimiser_state(), reference.optimiser_state()
    assert state.keys() == expected_state.keys()
    for key, moment in expected_state.items():
        torch.testing.assert_close(state[key], moment, rtol=0, atol=tolerance * moment.abs().max().item())
    for key, parameter in slow.named_parameters():
        torch.testing.assert_close(fast.get_parameter(key), parameter, rtol=0, atol=10 * tolerance)


def test_gradients_without_clipping_equal_autograds():
    # After one step from nothing, Adam's first moment is a tenth of the gradient.
    plan = PLANS["matryoshka"]
    fast, slow = _module(), _module()
    step = _fast(fast, plan)
    step.step(_batch(), 0.0, DEAD)
    PlanObjective(plan)(slow, _batch(), DEAD, 0.0).total.backward()
    slow.remove_radial_gradient()
    for name, parameter in slow.named_parameters():
        torch.testing.assert_close(10 * step.optimiser_state()[f"{name}.exp_avg"], parameter.grad)


def test_training_goes_on_from_the_reference_and_back():
    plan = PLANS["top k"]
    fast, slow = _module(), _module()
    reference = ReferenceStep(slow, PlanObjective(plan))
    for number in range(3):
        reference.step(_batch(seed=number), 1e-3)
    fast.load_state_dict(slow.state_dict())
    step = _fast(fast, plan)
    step.load_optimiser_state(reference.optimiser_state())
    step.step(_batch(seed=9), 1e-3)
    again = ReferenceStep(fast, PlanObjective(plan))
    again.load_optimiser_state(step.optimiser_state())
    again.step(_batch(seed=10), 1e-3)
    reference.step(_batch(seed=9), 1e-3)
    reference.step(_batch(seed=10), 1e-3)
    for name, parameter in slow.named_parameters():
        torch.testing.assert_close(fast.get_parameter(name), parameter, rtol=0, atol=1e-12)


def test_reset_forgets_these_components_alone():
    step = _fast(_module(), PLANS["top k"])
    step.step(_batch(), 1e-3)
    before = step.optimiser_state()
    step.reset(torch.tensor([2, 5]))
    after = step.optimiser_state()
    for name in ("W_enc", "b_enc", "W_dec"):
        for moment in ("exp_avg", "exp_avg_sq"):
            key = f"{name}.{moment}"
            assert (after[key][[2, 5]] == 0).all()
            assert torch.equal(after[key][6:], before[key][6:])
    assert torch.equal(after["b_dec.exp_avg"], before["b_dec.exp_avg"])


@pytest.mark.skipif(not integer_product.is_supported(), reason="torch's product may differ between threads")
def test_results_are_bit_identical_for_every_number_of_threads(monkeypatch):
    monkeypatch.setattr(compiled, "WORK_A_THREAD", 1)
    results = []
    threads = torch.get_num_threads()
    try:
        for n in (1, 2, 2, 4):
            torch.set_num_threads(n)
            module = _module(torch.float32)
            step = _fast(module, PLANS["top k"], clip_norm=0.1)
            losses = [step.step(_batch(torch.float32, i), 1e-3).loss for i in range(3)]
            results.append((losses, [p.detach().clone() for p in module.parameters()]))
    finally:
        torch.set_num_threads(threads)
    for losses, parameters in results[1:]:
        assert losses == results[0][0]
        assert all(torch.equal(a, b) for a, b in zip(parameters, results[0][1], strict=True))


def test_atoms_stay_of_unit_length():
    module = _module(torch.float32)
    step = _fast(module, PLANS["top k"])
    for i in range(5):
        step.step(_batch(torch.float32, i), 0.01)
    torch.testing.assert_close(module.W_dec.norm(dim=1), torch.ones(N_COMPONENTS), rtol=0, atol=1e-6)


def test_batches_of_another_size_and_parameters_changed_between_steps_are_taken():
    fast, slow = _module(torch.float32), _module(torch.float32)
    step, reference = _fast(fast, PLANS["top k"]), ReferenceStep(slow, PlanObjective(PLANS["top k"]))
    for items in (40, 101, 7):
        with torch.no_grad():
            fast.W_enc[3] = 0.5
            slow.W_enc[3] = 0.5
        batch = _batch(torch.float32, items, items)
        assert step.step(batch, 1e-3).loss == pytest.approx(reference.step(batch, 1e-3).loss, rel=1e-4)


def test_a_batch_that_is_not_finite_gives_a_loss_that_is_not_finite():
    batch = _batch(torch.float32)
    batch[3, 2] = torch.nan
    assert not np.isfinite(_fast(_module(torch.float32), PLANS["top k"]).step(batch, 1e-3).loss)


def test_training_reaches_the_error_of_the_plain_path():
    rng = np.random.default_rng(5)
    atoms = rng.standard_normal((96, 32))
    codes = np.where(rng.random((6000, 96)) < 0.04, rng.exponential(1, (6000, 96)), 0)
    x = torch.from_numpy((codes @ atoms / np.sqrt((codes @ atoms).var())).astype(np.float32))
    train, held_out = x[:5000], x[5000:]
    plan = StepPlan(TopK(4))
    errors = []
    for make in (_fast, lambda module, plan: ReferenceStep(module, PlanObjective(plan))):
        module = _module(torch.float32, 1, 192, 32)
        step = make(module, plan)
        for i in range(300):
            step.step(train[i * 250 % 5000 :][:250], 3e-3)
        errors.append(_fast(module, plan).step(held_out, 0.0).squared_error)
    assert errors[0] == pytest.approx(errors[1], rel=0.01)
    assert errors[0] < 0.4
