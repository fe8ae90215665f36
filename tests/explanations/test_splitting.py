import numpy as np
import pytest

from sememe.errors import MeasureError
from sememe.explanations import split_neuron


def test_shares_constant_and_error_sum_to_one():
    rng = np.random.default_rng(0)
    codes, weights = np.maximum(rng.normal(size=(80, 7)), 0), rng.normal(size=7)
    activation = codes @ weights + 0.3 + rng.normal(scale=0.1, size=80)
    found = split_neuron(activation, codes, weights, 0.3)
    assert found.share.sum() + found.constant + found.error == pytest.approx(1)
    assert abs(found.error) < 0.05


def test_neuron_of_two_features_splits_into_these_two():
    codes = np.zeros((100, 5))
    codes[:50, 1], codes[50:, 3] = 1.0, 2.0
    weights = np.array([0.0, 1.0, 0.9, 0.5, 0.0])
    found = split_neuron(codes @ weights, codes, weights, 0.0)
    assert found.share.round(9).tolist() == [0, 0.5, 0, 0.5, 0]
    assert found.error == pytest.approx(0)


def test_neuron_that_never_fires_is_refused():
    with pytest.raises(MeasureError, match="never fires"):
        split_neuron(np.zeros(2), np.ones((2, 1)), np.ones(1), 0.0)


def test_shapes_that_differ_are_refused():
    with pytest.raises(MeasureError, match="call for codes of that shape"):
        split_neuron(np.ones(2), np.ones((2, 3)), np.ones(1), 0.0)
