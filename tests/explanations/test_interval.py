import numpy as np
import pytest
from scipy import stats

from sememe.errors import MeasureError
from sememe.explanations import means


def test_interval_is_that_of_a_t_test():
    values = np.random.default_rng(0).normal(size=(12, 3))
    found = means(values)
    for column in range(3):
        expected = stats.ttest_1samp(values[:, column], 0).confidence_interval(0.95)
        assert found.low[column] == pytest.approx(expected.low)
        assert found.high[column] == pytest.approx(expected.high)


def test_one_image_has_a_mean_but_no_interval():
    found = means(np.array([[2.0, 3.0]]))
    assert found.value.tolist() == [2.0, 3.0]
    assert np.isnan(found.low).all()
    assert found.n == 1


def test_no_image_has_no_mean():
    assert np.isnan(means(np.zeros((0, 4))).value).all()


def test_values_that_are_not_finite_are_refused():
    with pytest.raises(MeasureError, match="NaN or infinite"):
        means(np.array([1.0, np.nan]))
