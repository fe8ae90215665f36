import numpy as np
import pytest
from scipy import sparse

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.topk_sae import TopKSAE


def test_planted_components_are_recovered(truth):
    sae = TopKSAE(n_components=32, k=3, n_epochs=40, batch_size=256).fit(truth.values)
    assert mean_max_cosine(sae.components_, truth.components) > 0.95
    assert sae.score(truth.values) > -0.2


def test_planted_components_beyond_the_neurons_are_recovered(wide_truth):
    sae = TopKSAE(n_components=128, k=4, n_epochs=20, batch_size=512).fit(wide_truth.values)
    assert mean_max_cosine(sae.components_, wide_truth.components) > 0.95


def test_each_item_has_at_most_k_positive_codes(items):
    codes = TopKSAE(n_components=30, k=4, n_epochs=2, batch_size=100).fit(items).transform(items)
    assert ((codes != 0).sum(axis=1) <= 4).all()
    assert (codes >= 0).all()


def test_sparse_codes_are_the_dense_ones_without_zeros(items):
    sae = TopKSAE(n_components=30, k=4, n_epochs=2, batch_size=100).fit(items)
    dense = sae.transform(items)
    csr = sae.set_params(sparse_output=True).transform(items)
    assert isinstance(csr, sparse.csr_array)
    assert csr.dtype == np.float32
    assert csr.has_sorted_indices
    np.testing.assert_array_equal(csr.toarray(), dense)
    assert csr.nnz == np.count_nonzero(dense)


@pytest.mark.parametrize("k", [1, 12])
def test_the_smallest_and_the_largest_k_work(items, k):
    sae = TopKSAE(n_components=12, k=k, n_epochs=2, batch_size=100).fit(items)
    assert (sae.transform(items) != 0).sum(axis=1).max() <= k
