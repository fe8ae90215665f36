import pytest
import torch

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.initialisation import random_atoms, tied
from sememe.dictionaries.l1_sae import L1SAE, L1Objective
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import ReLU
from sememe.dictionaries.p_annealed_sae import PAnnealedObjective, PAnnealedSAE
from sememe.errors import DictionaryError


def test_planted_components_are_recovered(wide_truth):
    sae = PAnnealedSAE(n_components=128, n_epochs=20, learning_rate=5e-3).fit(wide_truth.values)
    assert mean_max_cosine(sae.components_, wide_truth.components) > 0.95


def test_the_exponent_stays_at_one_and_then_falls_linearly():
    objective = PAnnealedObjective(1.0, p_end=0.2, p_start=0.5)
    assert [objective.exponent(f) for f in (0.0, 0.5, 0.75, 1.0)] == pytest.approx([1, 1, 0.6, 0.2])


@pytest.mark.parametrize("fraction", [0.0, 0.6, 1.0])
def test_the_penalty_weighs_what_l1_would_at_any_exponent(fraction):
    module = SAEModule(**tied(random_atoms(8, 5, seed=0)), nonlinearity=ReLU())
    x = torch.randn(30, 5, generator=torch.Generator().manual_seed(1))
    annealed = PAnnealedObjective(0.7, 0.2, 0.3)(module, x, None, fraction).total.item()
    assert annealed == pytest.approx(L1Objective(0.7)(module, x, None, fraction).total.item(), rel=1e-4)


def test_at_a_small_exponent_small_codes_are_pushed_harder_than_large_ones():
    eye = torch.eye(2)
    module = SAEModule(eye, torch.zeros(2), eye, torch.zeros(2), ReLU())
    x = torch.tensor([[4.0, 0.1]])
    PAnnealedObjective(1.0, 0.2, 0.0)(module, x, None, 1.0).total.backward()
    large, small = module.b_enc.grad.tolist()
    assert small > 5 * large > 0


def test_sparser_than_l1_at_the_same_coefficient(truth):
    settings = {"n_components": 32, "n_epochs": 20, "batch_size": 256}
    l0 = [
        (kind(**settings).fit(truth.values).transform(truth.values) != 0).sum(axis=1).mean()
        for kind in (L1SAE, PAnnealedSAE)
    ]
    assert l0[1] < l0[0]


def test_an_unsuitable_hyperparameter_is_named(items):
    with pytest.raises(DictionaryError, match="p_end must be above 0"):
        PAnnealedSAE(p_end=0).fit(items)
    with pytest.raises(DictionaryError, match=r"p_start must be at most 0\.99"):
        PAnnealedSAE(p_start=1).fit(items)
