"""FVU and explained variance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import r2_score

from sememe.errors import MeasureError
from sememe.measures import VarianceSums, explained_variance, fvu, registry

X, X_HAT = np.array([[2.0, 0.0], [0.0, 4.0]]), np.array([[2.0, 1.0], [0.0, 3.0]])


def test_hand_case():
    assert fvu(X, X_HAT) == 0.2
    assert explained_variance(X, X_HAT) == 0.8


def test_whole_numbers_are_as_good_as_any():
    assert fvu(X.astype(int), X_HAT.astype(int)) == 0.2


def test_predicting_the_mean_leaves_all_variance():
    assert fvu(X, np.broadcast_to(X.mean(axis=0), X.shape).copy()) == 1.0
    assert explained_variance(X, np.broadcast_to(X.mean(axis=0), X.shape).copy()) == 0.0


def test_an_exact_reconstruction_leaves_none():
    assert fvu(X, X) == 0.0


def test_equals_scikit_learn_weighted_by_variance():
    rng = np.random.default_rng(0)
    x = rng.normal(3, [1, 2, 5], size=(50, 3))
    x_hat = x + rng.normal(size=x.shape)
    assert explained_variance(x, x_hat) == pytest.approx(r2_score(x, x_hat, multioutput="variance_weighted"))


def test_the_mean_is_that_of_the_whole_split_and_not_of_a_batch():
    rng = np.random.default_rng(1)
    x = np.sort(rng.normal(size=(90, 4)), axis=0).astype(np.float32)
    x_hat = x + 0.1 * rng.normal(size=x.shape).astype(np.float32)
    sums = VarianceSums(4)
    for start in range(0, 90, 20):
        sums.update(x[start : start + 20], x_hat[start : start + 20])
    whole = fvu(x, x_hat)
    assert registry()["fvu"].from_totals(sums.totals()) == pytest.approx(whole, rel=1e-12)
    by_batch = np.mean([fvu(x[s : s + 20], x_hat[s : s + 20]) for s in range(0, 80, 20)])
    assert abs(by_batch - whole) > whole


def test_activations_far_from_zero_lose_no_digits():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(1000, 3))
    x_hat = x + 0.1 * rng.normal(size=x.shape)
    assert fvu(x + 1e7, x_hat + 1e7) == pytest.approx(fvu(x, x_hat), rel=1e-6)


def test_a_replicate_is_what_its_items_give():
    rng = np.random.default_rng(3)
    x, x_hat, group = rng.normal(size=(30, 4)), rng.normal(size=(30, 4)), np.arange(30) % 5
    sums = VarianceSums(4, n_groups=5)
    sums.update(x, x_hat, group)
    drawn = np.repeat(np.arange(30), np.array([2, 0, 1, 1, 1])[group])
    found = registry()["fvu"].from_totals(sums.totals(np.array([[2.0, 0, 1, 1, 1]])))
    assert found[0] == pytest.approx(fvu(x[drawn], x_hat[drawn]))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e3), shift=st.floats(-100, 100))
def test_scale_shift_order_and_doubled_items_change_nothing(seed, factor, shift):
    rng = np.random.default_rng(seed)
    x, x_hat = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))
    plain, order = fvu(x, x_hat), rng.permutation(3)
    assert fvu(x * factor + shift, x_hat * factor + shift) == pytest.approx(plain, rel=1e-6)
    assert fvu(x[:, order], x_hat[:, order]) == pytest.approx(plain)
    assert fvu(np.tile(x, (2, 1)), np.tile(x_hat, (2, 1))) == pytest.approx(plain)


def test_activations_without_variance_are_refused():
    with pytest.raises(MeasureError, match="same activation"):
        fvu(np.ones((3, 2)), np.zeros((3, 2)))


def test_values_that_are_not_finite_are_counted_and_named():
    broken = X_HAT.copy()
    broken[0, 0] = np.nan
    with pytest.raises(MeasureError, match="1 of the reconstructions are NaN"):
        fvu(X, broken)
    with pytest.raises(MeasureError, match="1 of the activations are NaN"):
        fvu(broken, X)


@pytest.mark.usefixtures("plain_calls")
def test_shapes_that_differ_are_named():
    with pytest.raises(MeasureError, match=r"\(2, 2\) and reconstructions \(2, 1\)"):
        fvu(X, X_HAT[:, :1])
    with pytest.raises(MeasureError, match="at least one item"):
        fvu(X[:0], X_HAT[:0])
