import numpy as np
import pytest
from scipy.optimize import nnls

from dictionaries.conftest import mean_max_cosine
from sememe.dictionaries.nmf import NMF
from sememe.errors import DictionaryError


def parts(seed=0) -> tuple[np.ndarray, np.ndarray]:
    """Six non-negative parts with few neurons each, sparsely added up."""
    rng = np.random.default_rng(seed)
    atoms = np.zeros((6, 18))
    for j in range(6):
        atoms[j, 3 * j : 3 * j + 3] = rng.uniform(0.5, 1, 3)
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    codes = rng.exponential(size=(3000, 6)) * (rng.random((3000, 6)) < 0.4)
    return atoms, (codes @ atoms).astype(np.float32)


def test_planted_parts_are_found():
    atoms, items = parts()
    nmf = NMF(n_components=6, n_epochs=20, batch_size=256).fit(items)
    assert mean_max_cosine(nmf.components_, atoms) > 0.95
    assert nmf.score(items) > -0.1


def test_codes_are_those_of_non_negative_least_squares():
    _, items = parts()
    nmf = NMF(n_components=6, n_epochs=5, batch_size=256).fit(items)
    codes = nmf.transform(items[:30])
    assert (codes >= 0).all()
    for x, code in zip(items[:30], codes, strict=True):
        expected, _ = nnls(nmf.components_.T.astype(float), x.astype(float))
        np.testing.assert_allclose(code, expected, atol=0.02)


def test_negative_activations_are_counted_and_refused():
    _, items = parts()
    bad = items.copy()
    bad[3, 4], bad[5, 5] = -0.5, -2
    with pytest.raises(DictionaryError, match="2 of 54000 activations, the least -2; take a layer"):
        NMF(n_components=6).fit(bad)
    with pytest.raises(DictionaryError, match="Negative values"):
        NMF(n_components=6, n_epochs=1).fit(items).transform(bad)
