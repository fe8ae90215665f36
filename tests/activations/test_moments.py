"""Streaming moments equal those of the whole array, however it was cut."""

import numpy as np
import pytest

from sememe.activations.moments import RunningMoments
from sememe.errors import ActivationsError


def moments_of(*batches):
    running = RunningMoments(batches[0].shape[1])
    for batch in batches:
        running.update(batch)
    return running.result()


def test_moments_of_a_hand_case():
    moments = moments_of(np.array([[2.0, 0.0]], np.float32), np.array([[0.0, 4.0]], np.float32))
    assert moments.count == 2
    assert moments.mean.tolist() == [1.0, 2.0]
    assert moments.variance.tolist() == [1.0, 4.0]
    assert moments.scale == np.sqrt(2.5)
    assert moments.total_variance == 5.0


@pytest.mark.parametrize("cuts", [[], [1], [10, 11, 500], list(range(0, 1000, 7))])
def test_moments_do_not_depend_on_the_batches(cuts):
    rows = np.random.default_rng(0).normal(3, 2, (1000, 5)).astype(np.float32)
    moments = moments_of(*np.split(rows, cuts))
    wide = rows.astype(np.float64)
    np.testing.assert_allclose(moments.mean, wide.mean(axis=0), rtol=1e-13)
    np.testing.assert_allclose(moments.variance, wide.var(axis=0), rtol=1e-12)


def test_a_large_mean_costs_no_digits():
    rows = (2.0**20 + np.random.default_rng(0).integers(0, 8, (4096, 3)) / 8).astype(np.float32)
    exact = (rows.astype(np.float64) - 2.0**20).var(axis=0)
    np.testing.assert_allclose(moments_of(rows).variance, exact, rtol=1e-10)


def test_blocks_wider_than_the_cache_are_still_one_matrix():
    rows = np.random.default_rng(1).random((3000, 200), dtype=np.float32)
    np.testing.assert_allclose(moments_of(rows).variance, rows.astype(np.float64).var(axis=0), rtol=1e-12)


def test_merged_runs_equal_one_run():
    rows = np.random.default_rng(2).random((300, 4), dtype=np.float32)
    left, right = RunningMoments(4), RunningMoments(4)
    left.update(rows[:100])
    right.update(rows[100:])
    left.merge(right)
    left.merge(RunningMoments(4))
    assert left.result().count == 300
    np.testing.assert_allclose(left.result().variance, rows.astype(np.float64).var(axis=0), rtol=1e-12)


def test_a_constant_neuron_has_variance_zero():
    assert moments_of(np.full((50, 2), 0.1, np.float32)).scale == 0.0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_counted(bad):
    rows = np.zeros((4, 3), np.float32)
    rows[1, 2] = rows[3, 0] = bad
    with pytest.raises(ActivationsError, match="2 of 12 activations are NaN or infinite"):
        moments_of(rows)


def test_opposite_infinities_do_not_cancel():
    with pytest.raises(ActivationsError, match="2 of 2"):
        moments_of(np.array([[np.inf], [-np.inf]], np.float32))


def test_the_largest_float32_values_are_finite():
    assert np.isfinite(moments_of(np.full((9, 1), np.finfo(np.float32).max, np.float32)).scale)


def test_no_rows_have_no_moments():
    with pytest.raises(ActivationsError, match="no activations"):
        RunningMoments(3).result()
