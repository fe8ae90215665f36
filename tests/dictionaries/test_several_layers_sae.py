import numpy as np
import pytest

from sememe.dictionaries.crosscoder import Crosscoder
from sememe.dictionaries.transcoder import Transcoder
from sememe.errors import DictionaryError


@pytest.mark.parametrize("kind", [Crosscoder, Transcoder])
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"sparsity": "l0"}, "sparsity must be one of 'topk', 'l1', but 'l0' arrived"),
        ({"centring": "geometric_median"}, "centring must be one of 'mean'"),
        ({"k": 13}, r"k must be at most n_components \(12\), but 13 arrived"),
        ({"l1_coefficient": -1.0}, "l1_coefficient must be at least 0"),
        ({"k_aux": 0}, "k_aux must be at least 1"),
        ({"auxk_coefficient": float("nan")}, "auxk_coefficient must be a finite number"),
    ],
)
def test_an_unsuitable_hyperparameter_is_named(kind, setting, message, items):
    with pytest.raises(DictionaryError, match=message):
        kind(**{"n_components": 12, "k": 2, **setting}).fit(items, items)


@pytest.mark.parametrize("kind", [Crosscoder, Transcoder])
def test_k_does_not_matter_with_a_penalty(kind, items):
    settings = {
        "n_components": 12,
        "sparsity": "l1",
        "n_epochs": 1,
        "batch_size": 100,
        "auxk_coefficient": 0.0,
    }
    one, other = (kind(k=k, **settings).fit(items, items) for k in (2, 100))
    np.testing.assert_array_equal(one.components_, other.components_)


@pytest.mark.parametrize("kind", [Crosscoder, Transcoder])
def test_there_is_no_partial_fit(kind):
    assert not hasattr(kind(), "partial_fit")
