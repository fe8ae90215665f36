import numpy as np
import pytest

from sememe.dictionaries.kernels.selection import (
    block_count,
    block_maxima,
    block_threshold,
    collect,
    kth_largest,
    settle,
)
from sememe.dictionaries.kernels.vectors import FEW, PANEL, padded_length


def _padded(values, dtype=np.float32):
    row = np.full(padded_length(len(values)), -np.inf, dtype)
    row[: len(values)] = values
    return row


def _candidates(values, k, margin=0.0, dtype=np.float32):
    """As a scan finds them: by what values surely reach, among what they may reach."""
    values = np.asarray(values, dtype)
    sure, upper = _padded(values - dtype(margin), dtype), _padded(values + dtype(margin), dtype)
    maxima, found = np.zeros(block_count(len(values), k), dtype), np.zeros(upper.size + PANEL, np.int32)
    block_maxima(sure, maxima)
    return found[: collect(upper, block_threshold(maxima, k), found)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exactly_the_k_largest_reach_the_threshold(dtype):
    rng = np.random.default_rng(0)
    for count, k in [(1, 1), (63, 5), (64, 64), (65, 3), (300, 100)]:
        values = np.abs(rng.standard_normal(count)).astype(dtype)
        scratch = np.zeros(padded_length(count), dtype)
        scratch[:count] = values
        assert (values >= kth_largest(scratch, count, k, 0)).sum() == k


def test_threshold_with_slack_is_reached_by_few_more():
    values = np.random.default_rng(1).random(200).astype(np.float32)
    scratch = np.zeros(padded_length(200), np.float32)
    scratch[:200] = values
    assert 50 <= (values >= kth_largest(scratch, 200, 50, 6)).sum() <= 56


def test_threshold_of_too_few_positive_values_is_zero():
    scratch = np.zeros(PANEL, np.float32)
    scratch[:4] = [3.0, -1.0, -2.0, 2.0]
    assert kth_largest(scratch, 4, 3, 0) == 0


def test_threshold_of_ties_is_their_value():
    scratch = np.zeros(PANEL, np.float32)
    scratch[:5] = [2.0, 7.0, 2.0, 2.0, 1.0]
    assert kth_largest(scratch, 5, 2, 0) == 2.0


def test_collect_finds_what_reaches_the_threshold():
    rng = np.random.default_rng(3)
    for density in (0.0, 0.01, 0.1, 1.0):  # no, few, several and all entries of a panel
        row = np.where(rng.random(4 * PANEL) < density, 1.0, 0.0).astype(np.float32)
        found = np.zeros(row.size + PANEL, np.int32)
        count = collect(row, np.float32(1.0), found)
        assert found[:count].tolist() == np.flatnonzero(row == 1).tolist()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_candidates_of_exact_values_hold_the_k_largest_and_few_more(dtype):
    rng = np.random.default_rng(1)
    for n, k in [(5, 5), (64, 1), (100, 7), (512, 4), (1000, 100), (1000, 300)]:
        values = rng.standard_normal(n) + 1
        found = _candidates(values, k, dtype=dtype)
        expected = np.sort(np.argsort(-values)[:k])
        assert set(expected[values[expected] > 0]) <= set(found)
        assert len(found) <= 2 * k + 8
        assert (np.diff(found) > 0).all()


def test_no_item_misses_a_component_within_the_margin():
    rng = np.random.default_rng(2)
    for k in (3, 16):
        for _ in range(50):
            exact = rng.standard_normal(512)
            coarse = exact + rng.uniform(-0.1, 0.1, 512)
            assert set(np.argsort(-exact)[:k]) <= set(_candidates(coarse, k, margin=0.11))


@pytest.mark.parametrize("k", [4, 20])
def test_equal_values_are_all_candidates(k):
    assert len(_candidates(np.ones(200), k)) == 200


@pytest.mark.parametrize("k", [4, 20])
def test_of_too_few_positive_values_all_are_candidates(k):
    values = -np.arange(1.0, 200.0)
    assert len(_candidates(values, k)) == 0
    values[[3, 77]] = 1, 2
    assert _candidates(values, k).tolist() == [3, 77]


@pytest.mark.parametrize("k", [4, 20])
def test_nan_and_infinities_end_and_stay_within_the_row(k):
    assert (_candidates(np.full(130, np.nan), k) < 130).all()
    assert _candidates(np.full(130, np.inf), k).size <= 130
    values = np.zeros(130)
    values[[7, 99]] = np.inf
    assert {7, 99} <= set(_candidates(values, k))


def _settle(values, k):
    values = np.array(values, np.float32)
    count, found = len(values), np.arange(len(values), dtype=np.int32) * 10
    chosen, codes = np.zeros(k, np.int32), np.zeros(k, np.float32)
    values = np.concatenate([values, np.full(FEW, -1)]).astype(np.float32)
    found = np.concatenate([found, np.zeros(FEW, np.int32)])
    kept = settle(found, values, count, k, np.zeros(count + PANEL, np.float32), chosen, codes)
    return chosen[:kept].tolist(), codes[:kept].tolist()


def test_settle_keeps_the_k_largest_in_order_of_component():
    assert _settle([1.0, 5.0, 3.0, 4.0], 2) == ([10, 30], [5.0, 4.0])


def test_settle_keeps_the_first_of_equal_values():
    assert _settle([2.0, 7.0, 2.0, 2.0], 2) == ([0, 10], [2.0, 7.0])


def test_settle_drops_what_is_not_positive():
    assert _settle([-1.0, 0.0, 3.0], 3) == ([20], [3.0])


def test_settling_few_and_many_candidates_keeps_what_sorting_keeps():
    rng = np.random.default_rng(4)
    for _ in range(200):
        count = int(rng.integers(1, 3 * FEW))
        k = int(rng.integers(1, count + 1))
        values = rng.integers(-2, 6, count).astype(float)  # many are equal
        order = np.argsort(-values, kind="stable")[:k]
        expected = np.sort(order[values[order] > 0])
        chosen, codes = _settle(values, k)
        assert chosen == (10 * expected).tolist()
        assert codes == values[expected].tolist()


def test_settling_nan_keeps_at_most_k_numbers():
    for count in (9, 40):
        chosen, codes = _settle([np.nan] * (count - 2) + [1.0, np.inf], 5)
        assert chosen == [10 * (count - 2), 10 * (count - 1)]
        assert codes == [1.0, np.inf]
