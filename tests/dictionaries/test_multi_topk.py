import json

import numpy as np
import pytest
import torch

from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.multi_topk import MultiTopKObjective
from sememe.dictionaries.nonlinearities import TopK
from sememe.dictionaries.step import ReferenceStep
from sememe.dictionaries.storage import load, save
from sememe.dictionaries.topk_sae import TopKObjective, TopKSAE
from sememe.errors import DictionaryError


def module_of(n_components=20, d_in=6, k=2) -> SAEModule:
    generator = torch.Generator().manual_seed(1)
    module = SAEModule(**tied(random_atoms(n_components, d_in, seed=0)), nonlinearity=TopK(k)).double()
    with torch.no_grad():
        module.b_enc.copy_(0.3 * torch.randn(n_components, generator=generator))
        module.b_dec.copy_(0.3 * torch.randn(d_in, generator=generator))
    return module


def batch(items=40, d_in=6) -> torch.Tensor:
    return torch.randn(items, d_in, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def plain_loss(parameters, x, k, dead, k_aux, auxk_coefficient, coefficient):
    """``L(k) + coefficient L(4 k)`` and AuxK, with dense codes and plain autograd."""
    W_enc, b_enc, W_dec, b_dec = parameters

    def largest(pre, kept):
        mask = torch.zeros_like(pre).scatter(1, pre.topk(kept, dim=1).indices, 1.0)
        return torch.relu(pre) * mask

    pre = (x - b_dec) @ W_enc.T + b_enc
    x_hat = largest(pre, k) @ W_dec + b_dec
    wider = largest(pre, min(4 * k, len(b_enc))) @ W_dec + b_dec
    loss = (x_hat - x).square().mean() + coefficient * (wider - x).square().mean()
    if dead is None:
        return loss
    pre = (x - b_dec.detach()) @ W_enc[dead].T + b_enc[dead]
    aux = largest(pre, min(k_aux, int(dead.sum()))) @ W_dec[dead]
    return loss + auxk_coefficient * (aux - (x - x_hat).detach()).square().mean()


@pytest.mark.parametrize("k", [2, 5, 9])  # 4 k is below, at and above the number of components
@pytest.mark.parametrize("some_dead", [False, True])
def test_loss_and_gradients_are_those_of_plain_autograd(k, some_dead):
    module, x = module_of(k=k), batch()
    dead = torch.arange(20) % 7 == 3 if some_dead else None
    losses = MultiTopKObjective(k, 2, 0.5, 1 / 8)(module, x, dead, 0.0)
    losses.total.backward()
    leaves = [p.detach().clone().requires_grad_() for p in module.parameters()]
    expected = plain_loss(leaves, x, k, dead, 2, 0.5, 1 / 8)
    expected.backward()
    torch.testing.assert_close(losses.total, expected)
    for (name, parameter), leaf in zip(module.named_parameters(), leaves, strict=True):
        torch.testing.assert_close(parameter.grad, leaf.grad, msg=name)


def test_what_is_reported_is_that_of_the_k_codes_in_use():
    module, x = module_of(), batch()
    multi = MultiTopKObjective(2, 2, 0.0, 1 / 8)(module, x, None, 0.0)
    alone = TopKObjective(2, 2, 0.0)(module, x, None, 0.0)
    torch.testing.assert_close(multi.squared_error, alone.squared_error)
    assert multi.l0 == alone.l0
    assert torch.equal(multi.fired, alone.fired)
    assert multi.total > alone.total


def test_more_codes_than_in_training_reconstruct_better_with_it_and_not_without(wide_truth):
    settings = {"n_components": 128, "k": 4, "max_steps": 300, "batch_size": 512}
    fitted, fresh = wide_truth.values[:16_000], wide_truth.values[16_000:]

    def errors(coefficient: float) -> list[float]:
        sae = TopKSAE(**settings, multi_topk_coefficient=coefficient).fit(fitted)
        return [-sae.set_params(k=k).score(fresh) for k in (4, 8, 16)]

    alone, multi = errors(0.0), errors(1 / 8)
    assert multi[0] > multi[1] > multi[2]
    assert alone[2] > alone[1]
    assert multi[2] < 0.7 * alone[2]
    assert multi[0] < 1.2 * alone[0]


def test_the_fast_kernels_serve_without_it_only():
    fast = TopKSAE(n_components=12, k=2)
    multi = TopKSAE(n_components=12, k=2, multi_topk_coefficient=1 / 8)
    module = SAEModule(**tied(random_atoms(12, 6, seed=0)), nonlinearity=TopK(2))
    assert isinstance(fast._training_step(module, fast._objective(6)), FastStep)
    assert isinstance(multi._training_step(module, multi._objective(6)), ReferenceStep)


def test_it_is_saved_and_loaded(items, tmp_path):
    sae = TopKSAE(n_components=12, k=2, n_epochs=1, batch_size=100, multi_topk_coefficient=1 / 8).fit(items)
    save(sae, tmp_path / "sae")
    assert load(tmp_path / "sae").get_params()["multi_topk_coefficient"] == 1 / 8
    written = json.loads((tmp_path / "sae" / "cfg.json").read_text())
    assert written["architecture"] == "topk"
    assert written["sememe"]["parameters"]["multi_topk_coefficient"] == 1 / 8
    np.testing.assert_array_equal(load(tmp_path / "sae").transform(items), sae.transform(items))


def test_a_negative_coefficient_is_refused(items):
    with pytest.raises(DictionaryError, match="multi_topk_coefficient must be at least 0, but -1 arrived"):
        TopKSAE(n_components=12, k=2, multi_topk_coefficient=-1).fit(items)
