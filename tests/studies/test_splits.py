"""Links between the components of a coarse and a fine dictionary."""

import math

import numpy as np
import pytest
from scipy import sparse

from sememe.errors import MeasureError
from sememe.studies.splits import COACTIVATION, COSINE, LEAST, LIFT, children_of, links


def csr(*columns):
    return sparse.csr_array(np.array(columns, dtype=np.float64).T)


def slow_links(coarse, fine):
    """The definition, pair by pair."""
    a, b = coarse.toarray(), fine.toarray()
    found = []
    for child in b.T:
        mask = child != 0
        best = (-1, 0.0, 0.0)
        for number, parent in enumerate(a.T):
            if mask.sum() < LEAST:
                continue
            together = float((parent[mask] != 0).mean())
            if together < LIFT * float((parent != 0).mean()):
                continue
            length = math.sqrt(float(parent[mask] @ parent[mask]) * float(child @ child))
            cosine = float(parent[mask] @ child[mask]) / length if length else 0.0
            if cosine > best[1]:
                best = (number, cosine, together)
        found.append(best)
    return found


def test_two_halves_of_a_component_are_its_pieces_by_hand():
    n = 4 * LEAST
    whole = np.r_[np.ones(2 * LEAST), np.zeros(4 * n - 2 * LEAST)]
    first = np.r_[np.full(LEAST, 2.0), np.zeros(4 * n - LEAST)]
    second = np.r_[np.zeros(LEAST), np.full(LEAST, 3.0), np.zeros(4 * n - 2 * LEAST)]
    other = np.r_[np.zeros(3 * n), np.ones(n)]
    found = links(csr(whole, np.zeros(4 * n)), csr(first, second, other))
    assert found.parent.tolist() == [0, 0, -1]
    assert found.masked_cosine.tolist() == [pytest.approx(1.0), pytest.approx(1.0), 0.0]
    assert found.coactivation.tolist() == [1.0, 1.0, 0.0]
    assert found.linked.tolist() == [True, True, False]
    assert children_of(found, 2).tolist() == [2, 0]


def test_links_are_those_of_the_slow_definition():
    rng = np.random.default_rng(0)
    coarse, fine = (
        sparse.csr_array(np.where(rng.random((300, n)) < 0.15, rng.random((300, n)), 0.0)) for n in (7, 12)
    )
    # Some true pieces among the noise.
    fine = sparse.hstack([fine, coarse[:, :3].multiply(rng.random((300, 1)) < 0.5)], format="csr")
    found = links(sparse.csr_array(coarse), sparse.csr_array(fine))
    for i, (parent, cosine, together) in enumerate(slow_links(coarse, fine)):
        assert found.parent[i] == parent
        assert found.masked_cosine[i] == pytest.approx(cosine)
        assert found.coactivation[i] == pytest.approx(together)
        assert found.linked[i] == (parent >= 0 and cosine >= COSINE and together >= COACTIVATION)
    assert found.linked[-3:].all()


def test_what_fires_on_everything_has_no_pieces():
    always = np.ones(200)
    piece = np.r_[np.ones(50), np.zeros(150)]
    assert links(csr(always), csr(piece)).parent.tolist() == [-1]


def test_a_component_that_hardly_fires_is_not_judged():
    whole = np.r_[np.ones(50), np.zeros(150)]
    rare = np.r_[np.ones(LEAST - 1), np.zeros(201 - LEAST)]
    found = links(csr(whole), csr(rare))
    assert found.known.tolist() == [False]
    assert found.parent.tolist() == [-1]


def test_pieces_dealt_to_random_items_are_linked_to_nothing():
    rng = np.random.default_rng(1)
    coarse = sparse.csr_array(np.where(rng.random((2000, 30)) < 0.05, 1.0, 0.0))
    fine = sparse.csr_array(coarse[rng.permutation(2000)])
    assert not links(coarse, fine).linked.any()


def test_codes_of_other_items_and_signed_codes_are_refused():
    with pytest.raises(MeasureError, match="of 3 items and the fine ones of 4"):
        links(csr([1.0, 0, 0]), csr([1.0, 0, 0, 0]))
    with pytest.raises(MeasureError, match="negative"):
        links(csr([1.0, -1.0]), csr([1.0, 0.0]))
