import numpy as np
import pytest
from scipy import sparse

from sememe.errors import MeasureError
from sememe.explanations import greatest, relations


def test_relations_equal_the_plain_formulas():
    rng = np.random.default_rng(0)
    codes = np.where(rng.random((200, 6)) < 0.3, rng.normal(size=(200, 6)), 0)
    atoms = rng.normal(size=(6, 5))
    found = relations(atoms[2], codes[:, 2], atoms, sparse.csc_array(codes))
    for other in range(6):
        cosine = atoms[2] @ atoms[other] / np.linalg.norm(atoms[2]) / np.linalg.norm(atoms[other])
        assert found.cosine[other] == pytest.approx(cosine, abs=1e-6)
        assert found.correlation[other] == pytest.approx(np.corrcoef(codes[:, 2], codes[:, other])[0, 1])
        mine, theirs = codes[:, 2] != 0, codes[:, other] != 0
        assert found.together[other] == pytest.approx((mine & theirs).sum() / (mine | theirs).sum())


def test_dense_and_sparse_codes_relate_alike():
    rng = np.random.default_rng(1)
    codes, atoms = np.maximum(rng.normal(size=(50, 4)), 0), rng.normal(size=(4, 3))
    dense = relations(atoms[0], codes[:, 0], atoms, codes)
    thin = relations(atoms[0], codes[:, 0], atoms, sparse.csr_array(codes))
    np.testing.assert_array_equal(dense.correlation, thin.correlation)


def test_dead_and_constant_units_have_no_correlation():
    codes = np.array([[1.0, 0, 3], [2, 0, 3], [4, 0, 3]])
    found = relations(np.ones(2), codes[:, 0], np.ones((3, 2)), codes)
    assert np.isnan(found.correlation[1:]).all()
    assert found.together.tolist() == [1, 0, 1]


def test_greatest_leaves_out_itself_and_what_is_not_defined():
    assert greatest(np.array([1.0, np.nan, 0.5, 0.7]), 2, leave_out=0).tolist() == [3, 2]


def test_atoms_of_another_layer_are_refused():
    with pytest.raises(MeasureError, match="do not fit together"):
        relations(np.ones(3), np.ones(4), np.ones((2, 5)), np.ones((4, 2)))
