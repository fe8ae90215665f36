import pytest
import torch

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.batch_topk_sae import BatchTopKObjective, BatchTopKSAE
from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.matryoshka_sae import MatryoshkaSAE
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import BatchTopK
from sememe.errors import DictionaryError


def test_planted_components_are_recovered(wide_truth):
    settings = {"n_components": 128, "k": 4, "n_epochs": 20, "batch_size": 512, "prefixes": (64, 128)}
    sae = MatryoshkaSAE(**settings).fit(wide_truth.values)
    assert mean_max_cosine(sae.components_, wide_truth.components) > 0.95


def test_the_loss_averages_the_errors_of_the_nested_dictionaries():
    module = SAEModule(**tied(random_atoms(8, 5, seed=0)), nonlinearity=BatchTopK(2, 8))
    x = torch.randn(30, 5, generator=torch.Generator().manual_seed(1))
    codes = module.encode(x)
    errors = [(codes[:, :p] @ module.W_dec[:p] + module.b_dec - x).square().mean() for p in (2, 5, 8)]
    losses = BatchTopKObjective(2, (2, 5, 8), 1, 0.0)(module, x, None, 0.5)
    assert losses.total.item() == pytest.approx(sum(errors).item() / 3, rel=1e-5)
    assert losses.squared_error.item() == pytest.approx(errors[-1].item(), rel=1e-5)


def test_the_first_components_alone_reconstruct_better_than_those_of_batch_topk(items):
    settings = {"n_components": 32, "k": 3, "n_epochs": 20, "batch_size": 100}

    def error_of_first(sae, n=4) -> float:
        sae.fit(items)
        x_hat = sae.transform(items)[:, :n] @ sae.components_[:n] + sae.offset_
        return float(((items - x_hat) ** 2).mean())

    nested = MatryoshkaSAE(prefixes=(4, 32), **settings)
    assert error_of_first(nested) < error_of_first(BatchTopKSAE(**settings))


def test_default_prefixes_rise_to_all_components():
    assert MatryoshkaSAE(n_components=512)._prefixes() == (32, 64, 128, 256, 512)
    assert MatryoshkaSAE(n_components=3)._prefixes() == (1, 3)
    assert MatryoshkaSAE(n_components=1)._prefixes() == (1,)


@pytest.mark.parametrize("prefixes", [(4,), (8, 4, 12), (12, 12), (4, 13), (0, 12), ()])
def test_prefixes_that_do_not_rise_to_all_components_are_refused(items, prefixes):
    with pytest.raises(DictionaryError, match="prefixes"):
        MatryoshkaSAE(n_components=12, k=2, prefixes=prefixes).fit(items)
