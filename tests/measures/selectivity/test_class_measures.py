"""The four measures on class totals, and concept separability, each by hand and against a plain loop."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import mutual_info_score

from references import unit_scores
from sememe import measures
from sememe.errors import MeasureError
from sememe.measures.selectivity.class_totals import ClassSums
from sememe.measures.selectivity.histogram_totals import HistogramSums, firing_extent

NAMES = ["class_selectivity", "dominant_mass", "dominant_firing", "class_information", "concept_separability"]
DEAD, CONSTANT, ONCE = 3, 4, 5


@pytest.mark.parametrize("name", NAMES)
def test_equals_a_plain_loop_in_every_layout(name, layout, sparse_codes, labels):
    expected = unit_scores.each_unit(getattr(unit_scores, name), sparse_codes, labels, 4)
    found = getattr(measures, name)(layout(sparse_codes), labels, 4)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_signed_units_are_scored_on_both_signs(name, layout, signed_codes, labels):
    expected = unit_scores.each_unit(getattr(unit_scores, name), signed_codes, labels, 4)
    np.testing.assert_allclose(getattr(measures, name)(layout(signed_codes), labels, 4), expected, rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_dead_component_scores_nan(name, sparse_codes, labels):
    scores = getattr(measures, name)(sparse_codes, labels, 4)
    assert np.isnan(scores[DEAD])
    assert not np.isnan(np.delete(scores, DEAD)).any()


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_for_one_class_scores_one_and_the_same_everywhere_scores_least(name):
    labels = np.repeat([0, 1, 2, 3], 5)
    codes = np.stack([(labels == 2).astype(float), np.ones(20)], axis=1)
    best, worst = getattr(measures, name)(codes, labels, 4)
    assert best == pytest.approx(1.0) or name == "concept_separability"
    assert worst == pytest.approx(0.25 if name.startswith("dominant") else 0.0)
    assert best > worst


def test_hand_worked_values():
    codes, labels = np.array([[4.0], [2.0], [1.0], [0.0], [0.0], [1.0]]), np.array([0, 0, 1, 1, 2, 2])
    # Class means 3, 0.5, 0.5; mass 6, 1, 1; firings 2, 1, 1.
    assert measures.class_selectivity(codes, labels, 3)[0] == pytest.approx(2.5 / 3.5)
    assert measures.dominant_mass(codes, labels, 3)[0] == pytest.approx(0.75)
    assert measures.dominant_firing(codes, labels, 3)[0] == pytest.approx(0.5)
    entropy = -(0.75 * np.log(0.75) + 0.25 * np.log(0.125))
    assert measures.class_information(codes, labels, 3)[0] == pytest.approx(1 - entropy / np.log(3))


def test_separability_of_two_classes_is_the_jensen_shannon_distance_of_scipy(labels, sparse_codes):
    from scipy.spatial.distance import jensenshannon

    column, two = sparse_codes[:, 0] > 0, labels % 2
    shares = [np.bincount(column[two == c], minlength=2) / (two == c).sum() for c in (0, 1)]
    found = measures.concept_separability(column[:, None].astype(float), two, 2)[0]
    assert found == pytest.approx(jensenshannon(*shares, base=2))


def test_separability_squared_is_mutual_information_where_classes_are_of_equal_size():
    rng = np.random.default_rng(4)
    labels, fires = np.repeat([0, 1, 2], 40), rng.random(120) < np.repeat([0.1, 0.5, 0.8], 40)
    found = measures.concept_separability(fires[:, None].astype(float), labels, 3)[0]
    assert found**2 * np.log(3) == pytest.approx(mutual_info_score(labels, fires))


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e3))
def test_order_scale_and_doubled_items_change_nothing(name, seed, factor):
    rng = np.random.default_rng(seed)
    codes = np.round((rng.random((40, 5)) < 0.5) * rng.exponential(size=(40, 5)), 3)
    labels = rng.integers(0, 3, size=40)
    score = getattr(measures, name)
    plain = score(codes, labels, 3)
    order = rng.permutation(5)
    np.testing.assert_allclose(score(codes[:, order], labels, 3), plain[order])
    np.testing.assert_allclose(score(np.tile(codes, (2, 1)), np.tile(labels, 2), 3), plain)
    if name == "concept_separability":
        # A power of two scales codes and bins without a rounding that could move a code across an edge.
        factor = 2.0 ** round(np.log2(factor))
    np.testing.assert_allclose(score(codes * factor, labels, 3), plain)


@pytest.mark.parametrize("name", NAMES)
def test_shuffled_labels_bring_a_selective_unit_to_its_null(name):
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 5, size=3000)
    codes = (labels[:, None] == np.arange(5)) * (1 + rng.random((3000, 5)))
    score = getattr(measures, name)
    shuffled = score(codes, rng.permutation(labels), 5)
    floor = 0.2 if name.startswith("dominant") else 0.0
    assert (score(codes, labels, 5) > 0.5).all()
    assert (shuffled < floor + 0.15).all()


def test_batches_give_what_the_whole_gives(layout, sparse_codes, labels):
    sums, histogram = ClassSums(7, 4), HistogramSums(*firing_extent(sparse_codes), 4)
    for rows in (slice(0, 13), slice(13, 14), slice(14, 60)):
        sums.update(layout(sparse_codes[rows]), labels[rows])
        histogram.update(layout(sparse_codes[rows]), labels[rows])
    for name in NAMES:
        totals = histogram.totals() if name == "concept_separability" else sums.totals()
        found = measures.registry()[name].from_totals(totals)
        np.testing.assert_allclose(found, getattr(measures, name)(sparse_codes, labels, 4), rtol=1e-12)


def test_a_class_that_a_resample_lost_is_left_out():
    codes, labels = np.array([[2.0], [1.0], [1.0], [3.0]]), np.array([0, 1, 1, 2])
    for name in ("class_selectivity", "concept_separability"):
        three = getattr(measures, name)(codes[:3], labels[:3], 3)
        two = getattr(measures, name)(codes[:3], labels[:3], 2)
        np.testing.assert_allclose(three, two)


@pytest.mark.parametrize("name", NAMES)
def test_bad_labels_are_named(name, sparse_codes, labels):
    score = getattr(measures, name)
    codes = sparse.csr_array(sparse_codes)
    with pytest.raises(MeasureError, match="60 items but 59 labels"):
        score(codes, labels[:-1], 4)
    with pytest.raises(MeasureError, match="at least 2 classes"):
        score(codes, labels * 0, 1)
    with pytest.raises(MeasureError, match=r"Labels run from 0 to 3, but there are 3 classes"):
        score(codes, labels, 3)


@pytest.mark.parametrize("name", NAMES)
def test_codes_that_are_not_finite_are_refused(name, layout, sparse_codes, labels):
    sparse_codes[1, 1], sparse_codes[2, 2] = np.nan, np.inf
    with pytest.raises(MeasureError, match="2 of the codes are NaN or infinite"):
        getattr(measures, name)(layout(sparse_codes), labels, 4)
