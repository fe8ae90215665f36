"""Shares of a unit's activation by class."""

import numpy as np
import pytest
from scipy import sparse

from sememe.errors import MeasureError
from sememe.explanations import class_profile

LABELS = np.array([0, 0, 1, 2])
CODES = np.array([[1.0, 0.0, -2.0], [2.0, 0.0, 0.0], [1.0, 0.0, 2.0], [0.0, 0.0, 4.0]])


def test_shares_are_of_activation_mass_whatever_its_sign():
    profile = class_profile(CODES, LABELS, 4)
    assert profile[0].tolist() == [0.75, 0.25, 0.0, 0.0]
    assert profile[2].tolist() == [0.25, 0.25, 0.5, 0.0]


def test_a_dead_unit_has_no_profile():
    assert np.isnan(class_profile(CODES, LABELS, 3)[1]).all()


def test_sparse_and_dense_codes_agree():
    dense = class_profile(CODES, LABELS, 3)
    assert np.array_equal(dense, class_profile(sparse.csr_array(CODES), LABELS, 3), equal_nan=True)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.array([0, 1]), "4 items but 2 labels"),
        (np.array([0, 1, 2, 3]), "between 0 and 2, but 0 to 3 came"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels, said):
    with pytest.raises(MeasureError, match=said):
        class_profile(CODES, labels, 3)
