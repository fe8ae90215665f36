from itertools import permutations

import numpy as np
import pytest
from scipy import sparse

from sememe import measures
from sememe.errors import MeasureError


@pytest.fixture
def atoms():
    return np.random.default_rng(0).normal(size=(5, 8))


def test_the_matching_is_the_best_of_all_orders(atoms):
    others = atoms[[3, 1, 4, 0, 2]] + np.random.default_rng(1).normal(size=(5, 8))
    unit = [rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (atoms, others)]
    cosine = unit[0] @ unit[1].T
    best = max(permutations(range(5)), key=lambda order: cosine[range(5), order].sum())
    assert measures.matched_cosine(atoms, others) == pytest.approx(cosine[range(5), best].mean())
    assert measures.share_matched(atoms, others) == (cosine[range(5), best] > 0.8).mean()


def test_order_and_length_of_atoms_do_not_matter(atoms):
    others = 7.0 * atoms[::-1]
    assert measures.matched_cosine(atoms, others) == pytest.approx(1.0)
    assert measures.share_matched(atoms, others) == 1.0


def test_an_atom_upside_down_is_another_atom(atoms):
    assert measures.matched_cosine(atoms[:1], -atoms[:1]) == pytest.approx(-1.0)


def test_surplus_atoms_are_unmatched(atoms):
    assert measures.share_matched(atoms, atoms[:2]) == pytest.approx(2 / 5)
    assert measures.matched_cosine(atoms, atoms[:2]) == pytest.approx(1.0)


def test_universality_is_the_greatest_correlation_of_numpy(layout, sparse_codes, signed_codes):
    others = signed_codes[:, :3] + 0.3 * sparse_codes[:, :3]
    found = measures.universality(layout(sparse_codes), layout(others))
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = np.corrcoef(sparse_codes.T, others.T)[:7, 7:].max(axis=1)
    np.testing.assert_allclose(found, expected)
    assert np.isnan(found[[3, 4]]).all(), "dead and constant units"


def test_a_unit_that_both_networks_have_is_universal_whatever_its_scale(layout, sparse_codes):
    codes = sparse_codes[:, [0, 1, 2]]
    np.testing.assert_allclose(measures.universality(layout(codes), layout(3 * codes[:, ::-1])), 1.0)


def test_batches_give_what_the_whole_gives(layout, sparse_codes, signed_codes):
    sums = measures.CorrelationSums(7, 7)
    for rows in (slice(0, 13), slice(13, 60)):
        sums.update(layout(sparse_codes[rows]), layout(signed_codes[rows]))
    with np.errstate(invalid="ignore"):
        best = np.nanmax(sums.correlations()[[0, 1, 2, 5, 6]], axis=1)
    found = measures.universality(sparse_codes, signed_codes)[[0, 1, 2, 5, 6]]
    np.testing.assert_allclose(best, found)


def test_what_does_not_fit_is_named(sparse_codes):
    with pytest.raises(MeasureError, match="60 items and the other 59"):
        measures.universality(sparse.csr_array(sparse_codes), sparse.csr_array(sparse_codes[:-1]))


@pytest.mark.usefixtures("plain_calls")
def test_atoms_of_other_dimension_are_refused(atoms):
    with pytest.raises(MeasureError, match=r"\(5, 8\) and \(5, 7\) cannot be matched"):
        measures.matched_cosine(atoms, atoms[:, :7])
    with pytest.raises(MeasureError, match="hold an atom"):
        measures.share_matched(atoms, atoms[:0])
