import numpy as np
import pytest
from scipy import sparse

from sememe.measures.signs import halves, on_both_signs


def test_codes_without_a_negative_pass_as_they_are(layout, sparse_codes):
    codes = layout(sparse_codes)
    assert halves(codes).codes is codes


def test_only_signed_units_get_a_second_half(layout):
    codes = layout(np.array([[1.0, -2.0, 0.0], [3.0, 4.0, -5.0]]))
    split = halves(codes)
    found = split.codes.toarray() if sparse.issparse(split.codes) else split.codes
    np.testing.assert_array_equal(found, [[1, 0, 0, 2, 0], [3, 4, 0, 0, 5]])
    np.testing.assert_array_equal(split.signed, [1, 2])


def test_the_two_halves_are_weighted_by_their_mass():
    codes = np.array([[3.0], [-1.0]])
    assert on_both_signs(codes, lambda half: np.array([0.8, 0.4]))[0] == pytest.approx(0.7)


def test_a_half_without_a_score_has_no_weight():
    codes = np.array([[3.0, 1.0, -1.0], [-1.0, 0.0, 0.0]])
    found = on_both_signs(codes, lambda half: np.array([np.nan, 0.5, np.nan, 0.4, 0.9]))
    np.testing.assert_allclose(found, [0.4, 0.5, 0.9])


def test_a_unit_scores_the_same_upside_down(layout, signed_codes, labels):
    from sememe.measures import class_selectivity

    upright = class_selectivity(layout(signed_codes), labels, 4)
    np.testing.assert_allclose(class_selectivity(layout(-signed_codes), labels, 4), upright)
