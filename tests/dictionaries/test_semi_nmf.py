import numpy as np
import pytest
from scipy.optimize import nnls

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.semi_nmf import SemiNMF
from sememe.errors import DictionaryError


def test_planted_signed_atoms_are_found():
    rng = np.random.default_rng(0)
    atoms = rng.normal(size=(6, 18))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    codes = rng.exponential(size=(2000, 6)) * (rng.random((2000, 6)) < 0.2)
    items = (codes @ atoms).astype(np.float32)
    # Centred on the mean, every item needs the opposite of the mean too: one component more.
    found = SemiNMF(n_components=7, n_iter=300).fit(items)
    assert mean_max_cosine(found.components_, atoms) > 0.85
    assert found.score(items) > -0.05


def test_codes_are_those_of_non_negative_least_squares(items):
    semi = SemiNMF(n_components=5, n_iter=30).fit(items)
    codes = semi.transform(items[:30])
    assert (codes >= 0).all()
    best = [nnls(semi.components_.T.astype(float), (x - semi.offset_).astype(float))[1] for x in items[:30]]
    errors = np.linalg.norm(semi.inverse_transform(codes) - items[:30], axis=1)
    np.testing.assert_allclose(errors, best, rtol=1e-3, atol=1e-3)


def test_more_rounds_fit_better(items):
    few, many = SemiNMF(n_components=6, n_iter=2).fit(items), SemiNMF(n_components=6, n_iter=100).fit(items)
    assert many.score(items) > few.score(items)


def test_more_components_than_items_are_refused(items):
    with pytest.raises(DictionaryError, match=r"n_components must be at most the number of items \(600\)"):
        SemiNMF(n_components=601).fit(items)
