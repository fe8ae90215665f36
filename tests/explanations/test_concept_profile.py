import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from sememe.errors import MeasureError
from sememe.explanations import concept_profile


def test_average_precision_is_scikit_learns():
    rng = np.random.default_rng(0)
    activation = np.round(np.maximum(rng.normal(size=400), 0), 1)  # with ties, silent items among them
    concepts = rng.random((400, 5)) < [0.5, 0.2, 0.1, 0.05, 0.01]
    found = concept_profile(activation, concepts)
    for c in range(5):
        expected = average_precision_score(concepts[:, c], activation)
        assert found.average_precision[c] == pytest.approx(expected)


def test_precision_and_recall_count_firings():
    found = concept_profile(np.array([1.0, 2.0, 0.0, 0.0]), np.array([[True], [False], [True], [True]]))
    assert found.precision.tolist() == [0.5]
    assert found.recall.tolist() == [pytest.approx(1 / 3)]
    assert found.frequency.tolist() == [0.75]


def test_dead_unit_and_absent_concept_have_no_score():
    dead = concept_profile(np.zeros(3), np.ones((3, 1), dtype=bool))
    assert np.isnan(dead.average_precision).all()
    assert np.isnan(dead.precision).all()
    absent = concept_profile(np.ones(3), np.zeros((3, 1), dtype=bool))
    assert np.isnan(absent.average_precision).all()
    assert np.isnan(absent.recall).all()


def test_numbers_of_items_that_differ_are_refused():
    with pytest.raises(MeasureError, match="3 activations but 2 rows"):
        concept_profile(np.ones(3), np.ones((2, 1), dtype=bool))
