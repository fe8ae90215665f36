import numpy as np
import pytest
import torch

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.nonlinearities import BatchTopK
from sememe.errors import DictionaryError


def test_planted_components_are_recovered(wide_truth):
    sae = BatchTopKSAE(n_components=128, k=4, n_epochs=20, batch_size=512).fit(wide_truth.values)
    assert mean_max_cosine(sae.components_, wide_truth.components) > 0.95


def test_in_training_the_largest_of_the_batch_are_kept_whosever_they_are():
    pre = torch.tensor([[5.0, 4.0, 3.0], [0.5, 0.2, -1.0]])
    nonlinearity = BatchTopK(1, 3)
    assert nonlinearity(pre).tolist() == [[5, 4, 0], [0, 0, 0]]
    assert nonlinearity.smallest_kept(pre).item() == 4


def test_in_use_an_items_codes_do_not_depend_on_its_company(items):
    sae = BatchTopKSAE(n_components=20, k=3, n_epochs=3, batch_size=100).fit(items)
    together = sae.transform(items)
    alone = np.concatenate([sae.transform(items[row : row + 1]) for row in range(0, 600, 60)])
    np.testing.assert_allclose(alone, together[::60], rtol=1e-4, atol=1e-4)


def test_k_is_the_mean_number_of_codes_of_an_item(items):
    sae = BatchTopKSAE(n_components=20, k=3, n_epochs=10, batch_size=100).fit(items)
    firings = (sae.transform(items) != 0).sum(axis=1)
    assert firings.mean() == pytest.approx(3, rel=0.1)
    assert firings.std() > 0


def test_the_threshold_is_the_mean_over_batches_of_the_smallest_code_kept(items):
    sae = BatchTopKSAE(n_components=20, k=3, n_epochs=3, batch_size=600).fit(items)
    pre = sae.module_.pre_codes(torch.from_numpy(items)).detach().numpy()
    expected = np.sort(pre.ravel())[-3 * 600]
    threshold = sae.module_.nonlinearity.threshold
    assert threshold.unique().numel() == 1
    assert threshold[0].item() == pytest.approx(expected, rel=1e-3)


def test_sparse_codes_are_the_dense_ones(items):
    sae = BatchTopKSAE(n_components=20, k=3, n_epochs=3, batch_size=100).fit(items)
    dense = sae.transform(items)
    csr = sae.set_params(sparse_output=True).transform(items)
    differing = csr.toarray() != dense
    np.testing.assert_allclose(csr.toarray(), dense, rtol=1e-3, atol=1e-3 * dense.max())
    assert csr.nnz == pytest.approx(np.count_nonzero(dense), abs=2), differing.sum()


def test_an_unsuitable_hyperparameter_is_named(items):
    with pytest.raises(DictionaryError, match=r"k must be at most n_components \(4\), but 5 arrived"):
        BatchTopKSAE(n_components=4, k=5).fit(items)
    with pytest.raises(DictionaryError, match="auxk_coefficient must be at least 0"):
        BatchTopKSAE(n_components=4, k=2, auxk_coefficient=-1).fit(items)
