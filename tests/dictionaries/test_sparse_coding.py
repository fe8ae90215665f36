import pytest

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.sparse_coding import SparseCoding
from sememe.errors import DictionaryError


def test_planted_components_are_recovered(wide_truth):
    coding = SparseCoding(n_components=128, k=4).fit(wide_truth.values)
    assert mean_max_cosine(coding.components_, wide_truth.components) > 0.95


def test_at_most_k_fire(items):
    codes = SparseCoding(n_components=20, k=3).fit_transform(items)
    assert (codes != 0).sum(axis=1).max() <= 3


def test_an_unsuitable_hyperparameter_is_named(items):
    with pytest.raises(DictionaryError, match="alpha must be above 0"):
        SparseCoding(n_components=20, k=3, alpha=0).fit(items)
    with pytest.raises(DictionaryError, match=r"k must be at most n_components \(20\)"):
        SparseCoding(n_components=20, k=21).fit(items)
