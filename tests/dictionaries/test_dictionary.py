import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler

from sememe.dictionaries.l1_sae import L1SAE
from sememe.dictionaries.neurons import Neurons
from sememe.dictionaries.pca import PCA
from sememe.dictionaries.topk_sae import TopKSAE
from sememe.errors import DictionaryError


def fvu_of(x, x_hat) -> float:
    return ((x - x_hat) ** 2).sum() / ((x - x.mean(axis=0)) ** 2).sum()


def test_score_is_minus_the_fraction_of_variance_unexplained_by_hand():
    x = np.array([[2.0, 0.0], [0.0, 4.0]])
    neurons = Neurons().fit(x)
    assert neurons.score(x) == 0
    # Keeping the larger neuron of each item loses nothing here; of (2, 1) and (0, 3) it loses the 1.
    y = np.array([[2.0, 1.0], [0.0, 3.0]])
    assert Neurons(k=1).fit(y).score(y) == pytest.approx(-1 / 4)


def test_score_equals_the_definition_in_float64(items):
    pca = PCA(n_components=2).fit(items)
    x_hat = pca.inverse_transform(pca.transform(items)).astype(np.float64)
    assert pca.score(items) == pytest.approx(-fvu_of(items.astype(np.float64), x_hat), rel=1e-5)


def test_score_of_constant_items_is_refused(items):
    neurons = Neurons().fit(items)
    with pytest.raises(DictionaryError, match="no variance to explain"):
        neurons.score(np.zeros((5, 10)))


def test_arrays_tensors_and_stores_give_the_same_codes(items, store):
    pca = PCA(n_components=3).fit(store)
    expected = pca.transform(items)
    np.testing.assert_allclose(pca.transform(store), expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(pca.transform(torch.from_numpy(items)), expected)
    np.testing.assert_allclose(PCA(n_components=3).fit(items).components_, pca.components_, atol=1e-6)


def test_sparse_codes_are_the_dense_ones(items):
    dense = Neurons(k=3).fit(items).transform(items)
    csr = Neurons(k=3, sparse_output=True).fit(items).transform(items)
    assert isinstance(csr, sparse.csr_array)
    np.testing.assert_array_equal(csr.toarray(), dense)
    assert csr.nnz == (dense != 0).sum()


def test_inverse_transform_takes_arrays_sparse_matrices_and_tensors(items):
    pca = PCA(n_components=3).fit(items)
    codes = pca.transform(items)
    expected = codes @ pca.components_ + pca.offset_
    for given in (codes, torch.from_numpy(codes), sparse.csr_array(codes), sparse.csc_matrix(codes)):
        found = pca.inverse_transform(given)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_codes_of_another_number_of_components_are_refused(items):
    with pytest.raises(DictionaryError, match=r"\(items, 3\), but \(4, 7\) arrived"):
        PCA(n_components=3).fit(items).inverse_transform(np.zeros((4, 7)))


def test_unfitted_dictionaries_say_so(items):
    for call in (PCA().transform, PCA().inverse_transform, PCA().score):
        with pytest.raises(NotFittedError):
            call(items)


def test_another_number_of_neurons_is_refused(items):
    with pytest.raises(DictionaryError, match="X has 4 features, but PCA is expecting 10 features"):
        PCA().fit(items).transform(items[:, :4])


def test_a_failed_fit_leaves_an_unfitted_estimator_unfitted(items):
    pca = PCA(n_components=50)
    with pytest.raises(DictionaryError, match="at most the number of neurons and of items"):
        pca.fit(items)
    assert vars(pca) == vars(PCA(n_components=50))


def test_a_failed_fit_leaves_a_fitted_estimator_as_it_was(items):
    sae = TopKSAE(n_components=8, k=2, n_epochs=1).fit(items)
    codes = sae.transform(items)
    bad = items[:, :4].copy()
    bad[7, 1] = np.nan
    with pytest.raises(DictionaryError, match="1 NaN and 0 inf among 600 items x 4 neurons"):
        sae.fit(bad)
    np.testing.assert_array_equal(sae.transform(items), codes)


def test_names_of_the_codes(items):
    assert PCA(n_components=2).fit(items).get_feature_names_out().tolist() == ["pca0", "pca1"]


def test_large_items_are_coded_in_pieces(items, monkeypatch):
    import sememe.dictionaries.dictionary as module

    whole = TopKSAE(n_components=8, k=2, n_epochs=1).fit(items)
    expected = whole.transform(items)
    monkeypatch.setattr(module, "_CHUNK_BYTES", 100 * 40)
    np.testing.assert_allclose(whole.transform(items), expected, rtol=1e-5, atol=1e-5)
    whole.sparse_output = True
    assert whole.transform(items).shape == (600, 8)


def test_a_dictionary_lives_in_a_pipeline(items):
    pipeline = make_pipeline(MaxAbsScaler(), TopKSAE(n_components=8, k=2, n_epochs=2))
    codes = pipeline.fit_transform(items)
    assert codes.shape == (600, 8)
    assert pipeline.inverse_transform(codes).shape == items.shape


def test_grid_search_finds_the_better_sparsity(items):
    search = GridSearchCV(TopKSAE(n_components=8, n_epochs=3, batch_size=50), {"k": [1, 4]}, cv=2).fit(items)
    assert search.best_params_ == {"k": 4}
    search = GridSearchCV(
        L1SAE(n_components=8, n_epochs=3, batch_size=50), {"l1_coefficient": [0.1, 50]}, cv=2
    )
    assert search.fit(items).best_params_ == {"l1_coefficient": 0.1}
