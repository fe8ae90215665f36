import numpy as np
import pytest

from sememe.errors import MeasureError
from sememe.explanations import activation_histogram


def test_every_firing_is_counted_once_under_its_class():
    rng = np.random.default_rng(0)
    activation, labels = np.maximum(rng.normal(size=500), 0), rng.integers(0, 3, 500)
    found = activation_histogram(activation, labels, 3, n_bins=7)
    for c in range(3):
        own = activation[labels == c]
        expected, _ = np.histogram(own[own > 0], found.edges)
        np.testing.assert_array_equal(found.counts[c], expected)
        assert found.silent[c] == np.sum(own == 0)


def test_signed_units_keep_both_sides():
    found = activation_histogram(np.array([-2.0, 0.0, 1.0]), n_bins=3)
    assert found.edges.tolist() == [-2.0, -1.0, 0.0, 1.0]
    assert found.counts.tolist() == [[1, 0, 1]]


def test_dead_unit_has_no_bins():
    found = activation_histogram(np.zeros(4), np.array([0, 0, 1, 1]), 2)
    assert found.counts.shape == (2, 0)
    assert found.silent.tolist() == [2, 2]


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(MeasureError, match="3 items but 2 labels"):
        activation_histogram(np.zeros(3), np.zeros(2, dtype=int), 1)


def test_activations_that_are_not_finite_are_refused():
    with pytest.raises(MeasureError, match="NaN or infinite"):
        activation_histogram(np.array([np.inf]))
