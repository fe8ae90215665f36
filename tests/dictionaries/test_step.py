import pytest
import torch

from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.l1_sae import L1Objective
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import ReLU, TopK
from sememe.dictionaries.revival import auxk_loss
from sememe.dictionaries.step import ReferenceStep
from sememe.dictionaries.topk_sae import TopKObjective


def fresh(objective, n_components=12, d_in=6, k=3, clip_norm=None) -> ReferenceStep:
    nonlinearity = TopK(k) if isinstance(objective, TopKObjective) else ReLU()
    module = SAEModule(**tied(random_atoms(n_components, d_in, seed=0)), nonlinearity=nonlinearity).double()
    return ReferenceStep(module, objective, clip_norm)


def batch(seed=0, items=40, d_in=6) -> torch.Tensor:
    return torch.randn(items, d_in, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def dense_top_k_loss(parameters, x, k, dead, k_aux, coefficient):
    """The loss of TopK and AuxK as it stands in the paper, with dense codes and nothing clever."""
    W_enc, b_enc, W_dec, b_dec = parameters
    pre = (x - b_dec) @ W_enc.T + b_enc
    kept = torch.zeros_like(pre).scatter(1, pre.topk(k, dim=1).indices, 1.0)
    x_hat = torch.relu(pre * kept) @ W_dec + b_dec
    loss = (x_hat - x).square().mean()
    pre = (x - b_dec.detach()) @ W_enc.T + b_enc
    pre = torch.where(dead, pre, -torch.inf)
    chosen = torch.zeros_like(pre).scatter(1, pre.topk(min(k_aux, int(dead.sum())), dim=1).indices, 1.0)
    codes = torch.where(chosen.bool(), torch.relu(pre), 0.0)
    return loss + coefficient * (codes @ W_dec - (x - x_hat).detach()).square().mean()


def test_gradients_of_top_k_and_auxk_equal_those_of_the_dense_loss():
    objective = TopKObjective(k=3, k_aux=2, auxk_coefficient=0.5)
    module = fresh(objective).module
    with torch.no_grad():
        module.b_dec.copy_(batch(1)[0])
        module.b_enc.copy_(batch(2, 12)[:, 0])
    dead = torch.zeros(12, dtype=torch.bool)
    dead[[1, 5, 7]] = True
    objective(module, batch(), dead, 0.0).total.backward()
    leaves = [p.detach().clone().requires_grad_() for p in module.parameters()]
    dense_top_k_loss(leaves, batch(), 3, dead, 2, 0.5).backward()
    for (name, parameter), leaf in zip(module.named_parameters(), leaves, strict=True):
        torch.testing.assert_close(parameter.grad, leaf.grad, msg=name)


def test_outcome_reports_loss_error_l0_and_who_fired():
    step = fresh(TopKObjective(k=3, k_aux=2, auxk_coefficient=0.5))
    with torch.no_grad():
        codes = step.module.encode(batch())
        error = (step.module(batch()) - batch()).square().mean().item()
    outcome = step.step(batch(), 1e-3)
    assert outcome.squared_error == pytest.approx(error)
    assert outcome.loss == outcome.squared_error
    assert outcome.l0 == pytest.approx((codes != 0).sum(dim=1).double().mean().item())
    assert torch.equal(outcome.fired, (codes != 0).any(dim=0))


def test_l1_penalty_is_the_mean_sum_of_codes_over_the_number_of_neurons():
    step = fresh(L1Objective(l1_coefficient=0.7))
    with torch.no_grad():
        penalty = 0.7 * step.module.encode(batch()).sum(dim=1).mean().item() / 6
    outcome = step.step(batch(), 1e-3)
    assert outcome.loss == pytest.approx(outcome.squared_error + penalty)


def test_first_step_of_adam_by_hand():
    step = fresh(L1Objective(0.1))
    before = step.module.b_enc.detach().clone()
    step.step(batch(), 0.01)
    gradient = step.module.b_enc.grad
    # With both moments corrected for bias, the first step is lr * g / (|g| + eps).
    expected = before - 0.01 * gradient / (gradient.abs() + 1e-8)
    torch.testing.assert_close(step.module.b_enc.detach(), expected)


def test_steps_lower_the_error_and_keep_atoms_at_unit_length():
    step = fresh(TopKObjective(k=3, k_aux=2, auxk_coefficient=0.5))
    errors = [step.step(batch(), 0.01).squared_error for _ in range(60)]
    assert errors[-1] < 0.5 * errors[0]
    torch.testing.assert_close(
        step.module.W_dec.norm(dim=1), torch.ones(12, dtype=torch.float64), atol=1e-12, rtol=0
    )


def test_clipping_bounds_the_gradient():
    step = fresh(L1Objective(0.1), clip_norm=1e-3)
    step.step(batch(), 0.01)
    gradients = torch.cat([p.grad.flatten() for p in step.module.parameters()])
    assert gradients.norm().item() == pytest.approx(1e-3, rel=1e-3)


def test_optimiser_state_goes_on_where_it_was():
    one, other = fresh(L1Objective(0.1)), fresh(L1Objective(0.1))
    for seed in range(3):
        one.step(batch(seed), 0.01)
    other.module.load_state_dict(one.module.state_dict())
    other.load_optimiser_state(one.optimiser_state())
    assert set(one.optimiser_state()) == {"step"} | {
        f"{name}.{moment}"
        for name in ("W_enc", "b_enc", "W_dec", "b_dec")
        for moment in ("exp_avg", "exp_avg_sq")
    }
    one.step(batch(9), 0.01)
    other.step(batch(9), 0.01)
    for mine, theirs in zip(one.module.parameters(), other.module.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_reset_forgets_the_moments_of_some_components_only():
    step = fresh(L1Objective(0.1))
    step.step(batch(), 0.01)
    step.reset(torch.tensor([2, 4]))
    state = step.optimiser_state()
    for name in ("W_enc", "b_enc", "W_dec"):
        for moment in ("exp_avg", "exp_avg_sq"):
            rows = state[f"{name}.{moment}"].reshape(12, -1)
            assert (rows[[2, 4]] == 0).all()
            assert (rows[[0, 1, 3]] != 0).any(dim=1).all()
    assert (state["b_dec.exp_avg"] != 0).all()


def test_no_gradient_reaches_the_alive_through_auxk():
    module = fresh(TopKObjective(3, 2, 1.0)).module
    dead = torch.arange(12) < 2
    x = batch()
    auxk_loss(module, x, x - module(x), dead, k_aux=2).backward()
    for name, parameter in module.component_parameters().items():
        assert (parameter.grad[2:] == 0).all(), name
        assert (parameter.grad[:2] != 0).any(), name
    assert module.b_dec.grad is None


def test_dense_reference_is_itself_plain():
    x = batch()
    leaves = [
        torch.eye(6, dtype=torch.float64),
        torch.zeros(6),
        torch.eye(6, dtype=torch.float64),
        torch.zeros(6),
    ]
    # With the axes as atoms, the k largest positive entries are reconstructed and the others are the error.
    kept = torch.relu(x.topk(2, dim=1).values).square().sum()
    error = (x.square().sum() - kept) / x.numel()
    none_dead = torch.zeros(6, dtype=torch.bool)
    torch.testing.assert_close(dense_top_k_loss(leaves, x, 2, none_dead, 1, 0.0), error)
