import torch

from sememe.dictionaries.nonlinearities import ReLU, TopK
from sememe.dictionaries.transcoder_module import TranscoderModule
from sememe.dictionaries.transcoder_objective import TranscoderObjective


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def module(nonlinearity) -> TranscoderModule:
    parts = (drawn(9, 5), drawn(9, seed=1), drawn(9, 3, seed=2), drawn(3, seed=3), drawn(3, 5, seed=4))
    return TranscoderModule(*parts, nonlinearity)


def dense_loss(parameters, x, y, k, l1, dead, k_aux, coefficient):
    """The loss as it is written, with dense codes and nothing clever."""
    W_enc, b_enc, W_dec, b_dec, W_skip = parameters
    pre = x @ W_enc.T + b_enc
    kept = torch.zeros_like(pre).scatter(1, pre.topk(k, dim=1).indices, 1.0)
    codes = torch.relu(pre * kept)
    left = y - (codes @ W_dec + b_dec + x @ W_skip.T)
    loss = left.square().mean() + l1 * codes.sum(dim=1).mean() / y.shape[1]
    alone = torch.where(dead, pre, -torch.inf)
    chosen = torch.zeros_like(pre).scatter(1, alone.topk(k_aux, dim=1).indices, 1.0).bool()
    aux = torch.where(chosen, torch.relu(alone), 0.0)
    return loss + coefficient * (aux @ W_dec - left.detach()).square().mean()


def check(objective, made, k):
    x, y = drawn(40, 5, seed=5), drawn(40, 3, seed=6)
    dead = torch.arange(9) % 3 == 0
    losses = objective(made, torch.cat([x, y], dim=1), dead, 0.0)
    losses.total.backward()
    leaves = [parameter.detach().clone().requires_grad_() for parameter in made.parameters()]
    expected = dense_loss(leaves, x, y, k, objective.l1_coefficient, dead, 2, 0.5)
    expected.backward()
    torch.testing.assert_close(losses.total, expected)
    for (name, parameter), leaf in zip(made.named_parameters(), leaves, strict=True):
        torch.testing.assert_close(parameter.grad, leaf.grad, msg=name)
    codes = made.encode(x)
    assert losses.l0 == (codes != 0).sum(dim=1).double().mean()
    assert torch.equal(losses.fired, (codes != 0).any(dim=0))


def test_loss_and_gradients_of_top_k():
    check(TranscoderObjective(2, 0.0, k_aux=2, auxk_coefficient=0.5), module(TopK(2)), k=2)


def test_loss_and_gradients_of_l1():
    check(TranscoderObjective(None, 0.7, k_aux=2, auxk_coefficient=0.5), module(ReLU()), k=9)
