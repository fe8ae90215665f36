"""Planted activations follow the laws that their documentation states."""

import numpy as np
import pytest

from sememe.activations import planted, planted_blocks
from sememe.errors import ActivationsError


def fires(data):
    return data.codes.toarray() != 0


def test_values_are_codes_times_components():
    data = planted(500, 16, 40, seed=1)
    np.testing.assert_allclose(data.values, data.codes.toarray() @ data.components, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(data.components, axis=1), 1, rtol=1e-6)
    assert data.values.dtype == data.components.dtype == data.codes.dtype == np.float32


def test_uniform_components_fire_equally_often():
    data = planted(40_000, 4, 20, active=3.0, seed=0)
    np.testing.assert_allclose(data.frequencies, 0.15, rtol=1e-12)
    np.testing.assert_allclose(fires(data).mean(axis=0), 0.15, atol=0.008)  # four standard errors


def test_zipf_frequencies_fall_as_one_over_rank_below_the_cap():
    data = planted(40_000, 4, 50, active=3.0, frequencies="zipf", seed=0)
    assert data.frequencies.sum() == pytest.approx(3.0)
    assert data.frequencies[0] == 0.5
    ranks = np.arange(3, 50) + 1
    np.testing.assert_allclose(data.frequencies[3:] * ranks, data.frequencies[3] * 4, rtol=1e-12)
    np.testing.assert_allclose(fires(data).mean(axis=0), data.frequencies, atol=0.01)


def test_independent_components_are_uncorrelated():
    correlations = np.corrcoef(fires(planted(40_000, 4, 16, active=3.2, seed=2)).T)
    assert np.abs(correlations - np.eye(16)).max() < 0.02


def test_groups_are_correlated_as_asked_and_no_further():
    data = planted(60_000, 4, 24, active=2.4, correlation=0.3, seed=0)
    correlations = np.corrcoef(fires(data).T)
    group = np.arange(24) // 8
    same = (group[:, None] == group) & ~np.eye(24, dtype=bool)
    np.testing.assert_allclose(correlations[same], 0.3, atol=0.03)
    np.testing.assert_allclose(correlations[group[:, None] != group], 0.0, atol=0.02)
    np.testing.assert_allclose(fires(data).mean(axis=0), 0.1, atol=0.006)


def test_correlated_zipf_components_keep_their_frequencies():
    data = planted(40_000, 4, 20, active=3.0, frequencies="zipf", correlation=0.5, seed=0)
    np.testing.assert_allclose(fires(data).mean(axis=0), data.frequencies, atol=0.011)


def test_children_fire_only_with_their_parents():
    data = planted(30_000, 4, 13, active=1.5, hierarchy=3, frequencies="zipf", seed=0)
    assert data.parents.tolist() == [-1] * 4 + [0] * 3 + [1] * 3 + [2] * 3
    active = fires(data)
    for child in range(4, 13):
        parent = data.parents[child]
        assert not (active[:, child] & ~active[:, parent]).any()
        assert active[active[:, parent], child].mean() == pytest.approx(1 / 3, abs=0.03)
    assert data.frequencies.sum() == pytest.approx(1.5)
    np.testing.assert_allclose(active.mean(axis=0), data.frequencies, atol=0.012)


def test_magnitudes_are_uniform_between_a_half_and_one_and_a_half():
    magnitudes = np.sort(planted(20_000, 4, 16, seed=0).codes.data)
    assert 0.5 <= magnitudes[0] < magnitudes[-1] <= 1.5
    np.testing.assert_allclose(magnitudes, 0.5 + np.linspace(0, 1, len(magnitudes)), atol=0.01)


def test_noise_has_the_given_deviation_in_each_neuron():
    clean, noisy = planted(20_000, 6, 12, seed=5), planted(20_000, 6, 12, noise=0.2, seed=5)
    assert np.array_equal(clean.codes.toarray(), noisy.codes.toarray())
    np.testing.assert_allclose((noisy.values - clean.values).std(axis=0), 0.2, rtol=0.02)


def test_the_same_seed_gives_the_same_bits_and_another_does_not():
    first, again, other = (planted(300, 8, 16, noise=0.1, seed=seed) for seed in (4, 4, 5))
    assert np.array_equal(first.values, again.values)
    assert not np.array_equal(first.values, other.values)
    assert not np.array_equal(first.components, other.components)


def test_the_first_rows_do_not_depend_on_how_many_follow():
    few, many = planted(100, 8, 16, noise=0.1, seed=0), planted(5000, 8, 16, noise=0.1, seed=0)
    assert np.array_equal(few.values, many.values[:100])


def test_blocks_are_the_rows_of_the_whole():
    whole = planted(9000, 8, 16, correlation=0.2, seed=0)
    blocks = list(planted_blocks(9000, 8, 16, correlation=0.2, seed=0))
    assert [len(block.values) for block in blocks] == [4096, 4096, 808]
    assert np.array_equal(np.concatenate([block.values for block in blocks]), whole.values)
    assert whole.codes.shape == (9000, 16)


def test_blocks_repeat_nothing():
    first, second = planted_blocks(8192, 4, 8, seed=0)
    assert not np.array_equal(first.values, second.values)


def test_the_largest_scale_comes_in_blocks():
    block = next(planted_blocks(10**9, 768, 16_384, active=32, frequencies="zipf", hierarchy=3, seed=0))
    assert block.values.shape == (4096, 768)
    assert block.codes.nnz / 4096 == pytest.approx(32, rel=0.03)


def test_the_law_at_its_limit_is_half_of_all():
    np.testing.assert_allclose(planted(1, 2, 6, active=3.0, frequencies="zipf").frequencies, 0.5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_items": 0}, "n_items is 0"),
        ({"n_components": -3}, "n_components is -3"),
        ({"active": 0.0}, "0.0 active components"),
        ({"active": 9.0}, "at most 8"),
        ({"active": 9.0, "hierarchy": 3}, "at most 4"),
        ({"correlation": 1.0}, "correlation is 1.0"),
        ({"correlation": float("nan")}, "correlation is nan"),
        ({"hierarchy": 1}, "hierarchy is 1"),
        ({"noise": -0.1}, "noise is -0.1"),
        ({"seed": -1}, "seed is -1"),
    ],
)
def test_impossible_laws_are_refused(arguments, message):
    with pytest.raises(ActivationsError, match=message):
        planted(**({"n_items": 10, "n_neurons": 4, "n_components": 16} | arguments))
