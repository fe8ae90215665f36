"""L0, density and its histogram, dead fraction."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sememe.errors import MeasureError
from sememe.measures import FiringSums, dead_fraction, density, density_histogram, l0, registry


def test_hand_worked_values(layout):
    codes = layout(np.array([[1.0, 0.0, -2.0, 0.0], [0.0, 0.0, 3.0, 0.0]]))
    assert l0(codes) == 1.5
    np.testing.assert_array_equal(density(codes), [0.5, 0.0, 1.0, 0.0])
    assert dead_fraction(codes) == 0.5


def test_firing_is_anything_but_zero(layout, signed_codes):
    codes = layout(signed_codes)
    assert l0(codes) == pytest.approx((signed_codes != 0).sum() / 60)
    np.testing.assert_allclose(density(codes), (signed_codes != 0).mean(axis=0))
    assert dead_fraction(codes) == pytest.approx(1 / 7)


def test_a_stored_zero_is_no_firing(sparse_codes):
    from scipy import sparse

    codes = sparse.csr_array(sparse_codes)
    before, data = l0(codes), codes.data.copy()
    codes.data[:10] = 0.0
    assert l0(codes) == pytest.approx(before - 10 / 60)
    assert codes.data.size == data.size, "the caller's matrix is left as it was"


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e3))
def test_scale_order_and_doubled_items_change_nothing(seed, factor):
    rng = np.random.default_rng(seed)
    codes = (rng.random((20, 5)) < 0.2) * rng.normal(size=(20, 5))
    for score in (l0, dead_fraction):
        assert score(codes * factor) == score(codes[:, ::-1]) == score(np.tile(codes, (2, 1))) == score(codes)
    np.testing.assert_array_equal(density(codes[:, ::-1])[::-1], density(codes))


def test_batches_give_what_the_whole_gives(layout, sparse_codes):
    sums = FiringSums(7)
    for rows in (slice(0, 13), slice(13, 60)):
        sums.update(layout(sparse_codes[rows]))
    for score in (l0, dead_fraction):
        assert registry()[score.__name__].from_totals(sums.totals()) == pytest.approx(score(sparse_codes))


def test_a_batch_of_another_width_is_refused(sparse_codes):
    with pytest.raises(MeasureError, match="has 7 units, but the accumulator was made for 8"):
        FiringSums(8).update(sparse_codes)


def test_histogram_counts_every_living_unit_once():
    shares = np.array([0.0, 1e-7, 1e-3, 0.0999, 0.1, 1.0])
    counts, edges = density_histogram(shares, bins=5, least=1e-5)
    np.testing.assert_allclose(edges, [-5, -4, -3, -2, -1, 0])
    np.testing.assert_array_equal(counts, [1, 0, 1, 1, 2])


def test_histogram_refuses_bins_that_make_no_sense():
    with pytest.raises(MeasureError, match="bins=0"):
        density_histogram(np.array([0.1]), bins=0)


@pytest.mark.usefixtures("plain_calls")
def test_codes_without_an_item_or_a_unit_are_refused():
    with pytest.raises(MeasureError, match=r"shape \(0, 3\)"):
        l0(np.empty((0, 3)))
    with pytest.raises(MeasureError, match=r"shape \(3,\)"):
        l0(np.empty(3))
