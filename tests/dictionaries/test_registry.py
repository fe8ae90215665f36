"""Every registered dictionary keeps scikit-learn's contract and its own."""

import numpy as np
import pytest
from sklearn.utils.estimator_checks import check_estimator

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.registry import registry
from sememe.dictionaries.sae import SparseAutoencoder

# Transcoders predict a later layer, y, and all others pass over it: here every dictionary is given the items
# themselves.

# Small noisy items need not have independent components.
pytestmark = pytest.mark.filterwarnings("ignore:FastICA did not converge")

# The checks fit dozens of times on few items: small, fast settings. They also set n_components to 1, and k
# must not be larger.
_SMALL = {"n_components": 2, "k": 1, "n_epochs": 1, "batch_size": 32}

# These checks give a single number an item as target, where a transcoder needs a layer's activations;
# test_transcoder.py has what they would check.
_ONE_TARGET = dict.fromkeys(
    ("check_transformer_data_not_an_array", "check_transformer_general", "check_transformer_preserve_dtypes"),
    "y is a number an item, not a later layer's activations",
)
_EXPECTED_FAILURES = {"Transcoder": _ONE_TARGET, "SkipTranscoder": _ONE_TARGET}


def small(kind: type[Dictionary], **changed) -> Dictionary:
    known = kind._get_param_names()
    return kind(**{name: value for name, value in {**_SMALL, **changed}.items() if name in known})


@pytest.fixture(params=sorted(registry()))
def kind(request) -> type[Dictionary]:
    return registry()[request.param]


@pytest.mark.parametrize("sparse_output", [False, True])
def test_scikit_learns_checks_pass(kind, sparse_output, plain_calls):
    expected = _EXPECTED_FAILURES.get(kind.__name__, {})
    check_estimator(small(kind, sparse_output=sparse_output), on_skip=None, expected_failed_checks=expected)


def test_reconstruction_is_affine_in_the_codes(kind, items):
    dictionary = small(kind).fit(items, items)
    codes = dictionary.transform(items)
    expected = codes @ dictionary.components_ + dictionary.offset_
    np.testing.assert_allclose(dictionary.inverse_transform(codes), expected, rtol=1e-5, atol=1e-5)
    assert dictionary.components_.shape == (codes.shape[1], 10)
    assert dictionary.components_.dtype == dictionary.offset_.dtype == codes.dtype == np.float32


def test_the_same_seed_gives_the_same_codes(kind, items):
    one, same = small(kind).fit(items, items), small(kind).fit(items, items)
    np.testing.assert_array_equal(one.transform(items), same.transform(items))


def test_a_store_is_as_good_as_a_matrix(kind, store, items):
    dictionary = small(kind).fit(store, store)
    assert dictionary.transform(store).shape == (600, len(dictionary.components_))
    assert dictionary.score(store, store) == pytest.approx(dictionary.score(items, items), rel=1e-4, abs=1e-6)


def test_every_dictionary_has_a_docstring_of_its_own_and_a_name(kind):
    assert kind.__doc__
    assert registry()[kind.__name__] is kind


def test_what_is_trained_says_where_its_module_is(kind, items):
    if issubclass(kind, SparseAutoencoder):
        assert small(kind).fit(items, items).module_.W_dec.shape == (2, 10)
