"""Means over seeds."""

import math

import pytest

from sememe.studies.intervals import over_seeds


def test_the_interval_is_student_s_by_hand():
    mean = over_seeds([0.2, 0.4, 0.6, 0.8])
    # Mean 0.5, deviation 0.2582, t of 3 degrees 3.1824, over the root of 4.
    assert mean.value == pytest.approx(0.5)
    assert (mean.low, mean.high) == (pytest.approx(0.08915, abs=1e-4), pytest.approx(0.91085, abs=1e-4))


def test_one_seed_says_nothing_of_others():
    mean = over_seeds([0.25])
    assert (mean.value, mean.n) == (0.25, 1)
    assert math.isnan(mean.low)
    assert str(mean) == "0.25"


def test_a_seed_without_a_value_does_not_count():
    assert over_seeds([1.0, float("nan"), 3.0]) == over_seeds([1.0, 3.0])
    assert str(over_seeds([float("nan")])) == "–"


def test_a_share_s_interval_stays_a_share():
    mean = over_seeds([0.0, 0.1, 0.05], least=0.0, greatest=1.0)
    assert mean.low == 0.0
    assert over_seeds([0.9, 1.0, 0.95], least=0.0, greatest=1.0).high == 1.0
