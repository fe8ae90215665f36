import numpy as np
import pytest

from sememe.dictionaries.random_dictionary import RandomDictionary
from sememe.errors import DictionaryError


def test_atoms_have_unit_length_and_depend_on_the_seed_alone(items):
    one = RandomDictionary(n_components=20, k=2, random_state=4).fit(items)
    other = RandomDictionary(n_components=20, k=2, random_state=4).fit(-items)
    np.testing.assert_allclose(np.linalg.norm(one.components_, axis=1), 1, rtol=1e-5)
    np.testing.assert_array_equal(one.components_, other.components_)
    np.testing.assert_allclose(one.offset_, items.mean(axis=0), rtol=1e-5)


def test_projections_are_those_of_centred_items(items):
    codes = RandomDictionary(n_components=20, k=20, codes="projection").fit(items)
    expected = np.maximum((items - codes.offset_) @ codes.components_.T, 0)
    np.testing.assert_allclose(codes.transform(items), expected, rtol=1e-4, atol=1e-4)


def test_the_better_the_codes_the_better_the_score(items):
    kinds = ("projection", "least_squares", "pursuit")
    scores = [RandomDictionary(n_components=40, k=4, codes=kind).fit(items).score(items) for kind in kinds]
    assert scores[0] < scores[1] < scores[2]


def test_at_most_k_fire(items):
    for kind in ("projection", "least_squares", "pursuit"):
        codes = RandomDictionary(n_components=40, k=4, codes=kind).fit_transform(items)
        assert (codes != 0).sum(axis=1).max() <= 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"k": 21}, r"k must be at most n_components \(20\), but 21 arrived"),
        (
            {"codes": "best"},
            "codes must be one of 'pursuit', 'least_squares', 'projection', but 'best' arrived",
        ),
        ({"n_components": -3}, "n_components must be at least 1"),
    ],
)
def test_an_unsuitable_hyperparameter_is_named(items, changed, message):
    with pytest.raises(DictionaryError, match=message):
        RandomDictionary(**{"n_components": 20, "k": 2, **changed}).fit(items)
