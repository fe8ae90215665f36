import torch

from sememe.dictionaries.crosscoder_module import CrosscoderModule, WeightedTopK
from sememe.dictionaries.crosscoder_objective import CrosscoderObjective
from sememe.dictionaries.initialisation import random_atoms
from sememe.dictionaries.nonlinearities import ReLU


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_the_l1_penalty_weighs_codes_by_their_atoms_lengths_in_each_layer():
    module = CrosscoderModule(random_atoms(9, 5, seed=0), (2, 3), ReLU()).double()
    x, total = drawn(30, 5), 0.0
    losses = CrosscoderObjective(0.7, 1, 0.0)(module, x, None, 0.0)
    losses.total.backward()
    W_enc, b_enc, W_dec, b_dec = (p.detach().clone().requires_grad_() for p in module.parameters())
    for row in x:  # item by item and layer by layer, as it is written
        codes = torch.relu((row - b_dec) @ W_enc.T + b_enc)
        for part in (slice(0, 2), slice(2, 5)):
            x_hat = codes @ W_dec[:, part] + b_dec[part]
            total = (
                total + ((row[part] - x_hat) ** 2).sum() + 0.7 * (codes * W_dec[:, part].norm(dim=1)).sum()
            )
    (total / (30 * 5)).backward()
    torch.testing.assert_close(losses.total, total / (30 * 5))
    for parameter, leaf in zip(module.parameters(), (W_enc, b_enc, W_dec, b_dec), strict=True):
        torch.testing.assert_close(parameter.grad, leaf.grad)


def test_what_is_recorded():
    module = CrosscoderModule(random_atoms(9, 5, seed=0), (2, 3), WeightedTopK(2, 9)).double()
    x = drawn(30, 5)
    losses = CrosscoderObjective(0.0, 2, 0.5)(module, x, torch.arange(9) < 3, 0.0)
    codes = module.encode(x)
    torch.testing.assert_close(losses.squared_error, (module(x) - x).detach().square().mean())
    assert losses.total > losses.squared_error
    assert losses.l0 == (codes != 0).sum(dim=1).double().mean()
    assert torch.equal(losses.fired, (codes != 0).any(dim=0))
