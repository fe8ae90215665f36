import pytest

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.l1_sae import L1SAE
from sememe.errors import DictionaryError


def test_planted_components_are_recovered(truth):
    settings = {"n_components": 32, "l1_coefficient": 0.6, "n_epochs": 60, "batch_size": 256}
    sae = L1SAE(**settings, learning_rate=5e-3).fit(truth.values)
    assert mean_max_cosine(sae.components_, truth.components) > 0.9


def test_a_larger_coefficient_is_sparser_and_less_faithful(items):
    settings = {"n_components": 20, "n_epochs": 20, "batch_size": 100}
    saes = [L1SAE(l1_coefficient=c, **settings).fit(items) for c in (0.1, 1.0, 3.0)]
    l0 = [(sae.transform(items) != 0).sum(axis=1).mean() for sae in saes]
    assert l0[0] > l0[1] > l0[2]
    assert saes[0].score(items) > saes[1].score(items) > saes[2].score(items)


def test_dead_components_are_resampled_over_the_first_half():
    resampling = L1SAE(n_resamplings=4)._revival(n_steps=800, seed=0)
    assert sorted(resampling.steps) == [100, 200, 300, 400]
    assert L1SAE(n_resamplings=0)._revival(n_steps=800, seed=0) is None


def test_a_negative_coefficient_is_refused(items):
    with pytest.raises(DictionaryError, match="l1_coefficient must be at least 0, but -1 arrived"):
        L1SAE(l1_coefficient=-1).fit(items)
    with pytest.raises(DictionaryError, match="n_resamplings must be at least 0"):
        L1SAE(n_resamplings=-1).fit(items)
