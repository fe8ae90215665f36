import numpy as np
import pytest

from sememe.dictionaries.kernels.selection import (
    _SPARE,
    PANEL,
    block_count,
    candidates,
    collect,
    kth_largest,
    padded_length,
    settle,
)


def _padded(values, dtype=np.float32):
    row = np.full(padded_length(len(values)), -np.inf, dtype)
    row[: len(values)] = values
    return row


def _top_k(values, k, margin=0.0, dtype=np.float32):
    row = _padded(values, dtype)
    margins = np.full(row.size // PANEL, margin, dtype)
    found, scratch = np.zeros(row.size, np.int32), np.zeros(row.size, dtype)
    count = candidates(row, margins, k, block_count(len(values), k), scratch, found)
    return found[:count]


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


def test_collect_finds_what_reaches_the_threshold_less_the_panels_margin():
    row = np.zeros(2 * PANEL, np.float32)
    row[[3, 70, 127]] = [1.0, 0.8, 0.7]
    found = np.zeros(row.size, np.int32)
    assert collect(row, np.array([0.0, 0.25], np.float32), np.float32(1.0), found) == 2
    assert found[:2].tolist() == [3, 70]


def test_candidates_of_exact_values_are_the_k_largest_and_few_more():
    rng = np.random.default_rng(1)
    for n, k in [(5, 5), (64, 1), (100, 7), (512, 4), (1000, 300)]:
        values = rng.standard_normal(n) + 1
        found = _top_k(values, k)
        expected = np.sort(np.argsort(-values)[:k])
        assert set(expected[values[expected] > 0]) <= set(found)
        assert len(found) <= k + _SPARE
        assert (np.diff(found) > 0).all()


def test_no_item_misses_a_component_within_the_margin():
    rng = np.random.default_rng(2)
    for _ in range(50):
        exact = rng.standard_normal(512)
        coarse = exact + rng.uniform(-0.1, 0.1, 512)
        assert set(np.argsort(-exact)[:16]) <= set(_top_k(coarse, 16, margin=0.1))


def test_candidates_without_positive_values_are_none():
    assert len(_top_k(-np.arange(1.0, 200.0), 4)) == 0


def test_candidates_of_nan_end_and_stay_within_the_row():
    found = _top_k(np.full(130, np.nan), 4)
    assert (found < 130).all()


def _settle(values, k):
    values = np.array(values, np.float32)
    found = np.arange(len(values), dtype=np.int32) * 10
    chosen, codes = np.zeros(k, np.int32), np.zeros(k, np.float32)
    kept = settle(found, values, len(values), k, np.zeros(PANEL, np.float32), chosen, codes)
    return chosen[:kept].tolist(), codes[:kept].tolist()


def test_settle_keeps_the_k_largest_in_order_of_component():
    assert _settle([1.0, 5.0, 3.0, 4.0], 2) == ([10, 30], [5.0, 4.0])


def test_settle_keeps_the_first_of_equal_values():
    assert _settle([2.0, 7.0, 2.0, 2.0], 2) == ([0, 10], [2.0, 7.0])


def test_settle_drops_what_is_not_positive():
    assert _settle([-1.0, 0.0, 3.0], 3) == ([20], [3.0])
