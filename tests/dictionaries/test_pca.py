import numpy as np
import pytest
from sklearn.decomposition import PCA as ScikitLearnPCA

from sememe.dictionaries.pca import PCA
from sememe.errors import DictionaryError


def test_components_and_variances_are_scikit_learns_up_to_sign(items, store):
    expected = ScikitLearnPCA(n_components=4).fit(items.astype(np.float64))
    for X in (items, store):
        pca = PCA(n_components=4).fit(X)
        cosines = np.abs((pca.components_ * expected.components_).sum(axis=1))
        np.testing.assert_allclose(cosines, 1, atol=1e-4)
        np.testing.assert_allclose(pca.explained_variance_, expected.explained_variance_, rtol=1e-5)
        np.testing.assert_allclose(pca.offset_, expected.mean_, rtol=1e-5)


def test_all_components_reconstruct_exactly(items):
    pca = PCA().fit(items)
    assert pca.components_.shape == (10, 10)
    assert pca.score(items) > -1e-9


def test_k_keeps_the_largest_by_magnitude_and_codes_are_signed(items):
    full, kept = PCA().fit(items).transform(items), PCA(k=3).fit(items).transform(items)
    assert (full < 0).any()
    assert ((kept != 0).sum(axis=1) == 3).all()
    np.testing.assert_array_equal(kept[kept != 0], full[kept != 0])
    smallest_kept = np.where(kept != 0, np.abs(kept), np.inf).min(axis=1)
    largest_dropped = np.where(kept == 0, np.abs(full), 0).max(axis=1)
    assert (smallest_kept >= largest_dropped).all()


def test_the_largest_entry_of_every_component_is_positive(items):
    components = PCA().fit(items).components_
    assert (components[np.arange(10), np.abs(components).argmax(axis=1)] > 0).all()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_components": 11}, r"n_components must be at most the number of neurons and of items \(10\)"),
        ({"n_components": 3, "k": 4}, r"k must be at most n_components \(3\), but 4 arrived"),
    ],
)
def test_an_unsuitable_hyperparameter_is_named(items, changed, message):
    with pytest.raises(DictionaryError, match=message):
        PCA(**changed).fit(items)
