import numpy as np
import pytest

from sememe.dictionaries.fast_ica import FastICA
from sememe.errors import DictionaryError


def mixed() -> tuple[np.ndarray, np.ndarray]:
    """Four independent uniform sources, mixed into six neurons."""
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(6, 4))
    mixing /= np.linalg.norm(mixing, axis=0)
    return mixing, (rng.uniform(-1, 1, size=(4000, 4)) @ mixing.T + 3).astype(np.float32)


def test_the_planted_mixing_matrix_is_found_up_to_order_and_sign():
    mixing, items = mixed()
    ica = FastICA(n_components=4).fit(items)
    cosines = np.abs(ica.components_ @ mixing)
    assert (cosines.max(axis=0) > 0.99).all()
    assert sorted(cosines.argmax(axis=0).tolist()) == [0, 1, 2, 3]


def test_atoms_are_the_mixing_and_not_the_unmixing_matrix():
    _, items = mixed()
    ica = FastICA(n_components=4).fit(items)
    assert ica.score(items) > -1e-5
    np.testing.assert_allclose(ica.unmixing_ @ ica.components_.T, np.eye(4), atol=1e-3)


def test_k_keeps_the_largest_by_magnitude():
    _, items = mixed()
    codes = FastICA(n_components=4, k=2).fit(items).transform(items)
    assert ((codes != 0).sum(axis=1) == 2).all()
    assert (codes < 0).any()


def test_more_components_than_neurons_are_refused(items):
    with pytest.raises(DictionaryError, match=r"at most the number of neurons and of items \(10\)"):
        FastICA(n_components=11).fit(items)
