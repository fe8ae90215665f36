import numpy as np
import pytest

from sememe.errors import MeasureError
from sememe.explanations import near_misses


def test_a_miss_never_fires_and_the_likest_comes_first():
    rng = np.random.default_rng(0)
    direction = np.array([1.0, 0, 0, 0])
    values = rng.normal(scale=0.1, size=(100, 4))
    values[:20] += 2 * direction
    values[20:30] += 1 * direction
    activation = np.where(np.arange(100) < 20, values[:, 0], 0)
    rows, cosine = near_misses(values, activation, n=10)
    assert set(rows.tolist()) == set(range(20, 30))
    assert (np.diff(cosine) <= 0).all()


def test_one_miss_an_image():
    values = np.array([[2.0, 0], [1.0, 0], [1.1, 0], [1.2, 0.5], [-3, 0]])
    rows, _ = near_misses(values, np.array([1.0, 0, 0, 0, 0]), image=np.array([0, 1, 1, 2, 3]))
    assert len({(0, 1, 1, 2, 3)[row] for row in rows}) == len(rows)


@pytest.mark.parametrize("activation", [np.zeros(3), np.ones(3)])
def test_units_that_never_or_always_fire_miss_nothing(activation):
    rows, cosine = near_misses(np.eye(3), activation)
    assert len(rows) == len(cosine) == 0


def test_numbers_of_items_that_differ_are_refused():
    with pytest.raises(MeasureError, match="3 activations but 2 codes"):
        near_misses(np.eye(3), np.ones(2))
