"""Intervals of measures that an evaluation does not compute itself."""

import numpy as np
import pytest

from sememe import measures
from sememe.errors import MeasureError

IMAGES = 120


@pytest.fixture(scope="module")
def resampling():
    """A group an image, so that a replicate is plainly a draw of images."""
    return measures.resample(IMAGES, replicates=60, groups=IMAGES, seed=3)


@pytest.fixture(scope="module")
def removal():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, IMAGES)
    before = 2 * np.eye(3)[labels] + rng.normal(size=(IMAGES, 3))
    after = np.stack([before - 2 * np.eye(3)[c] + 0.3 * rng.normal(size=before.shape) for c in range(3)])
    return before, after, labels


@pytest.fixture(scope="module")
def moved():
    rng = np.random.default_rng(1)
    codes = (rng.random((IMAGES, 5)) < 0.6) * rng.exponential(size=(IMAGES, 5))
    edited = codes + rng.normal(size=codes.shape) * np.array([1.0, 0.8, 0.1, 0.2, 0.0])
    return codes, edited, np.array([True, True, False, False, False])


def drawn_images(resampling, replicate):
    """The images of a replicate, as often as it drew each."""
    return np.repeat(np.arange(IMAGES), resampling.weights[replicate][resampling.group].astype(int))


def test_a_replicate_of_targeted_removal_is_its_value_on_the_images_drawn(resampling, removal):
    before, after, labels = removal
    sums = measures.removal_sums(before, after, labels, resampling.group, resampling.n_groups)
    found = measures.estimate("targeted_removal", sums, resampling)
    assert found.value == pytest.approx(measures.targeted_removal(before, after, labels))
    for replicate in (0, 7, 59):
        rows = drawn_images(resampling, replicate)
        again = measures.targeted_removal(before[rows], after[:, rows], labels[rows])
        assert found.replicates[replicate] == pytest.approx(again)
    assert found.low < found.value < found.high


def test_a_replicate_of_counterfactual_response_is_its_value_on_the_images_drawn(resampling, moved, layout):
    codes, edited, claims = moved
    sums = measures.movement_sums(
        layout(codes), layout(edited), claims, resampling.group, resampling.n_groups
    )
    found = measures.estimate("counterfactual_response", sums, resampling)
    assert found.value == pytest.approx(measures.counterfactual_response(codes, edited, claims))
    for replicate in (0, 7, 59):
        rows = drawn_images(resampling, replicate)
        again = measures.counterfactual_response(codes[rows], edited[rows], claims)
        assert found.replicates[replicate] == pytest.approx(again)
    assert found.low < found.value < found.high


def test_a_replicate_of_universality_is_the_correlation_with_the_same_partner(resampling, moved, layout):
    codes, edited, _ = moved
    sums = measures.partner_sums(layout(codes), layout(edited), resampling.group, resampling.n_groups)
    np.testing.assert_allclose(
        measures.registry()["universality"].from_totals(sums.totals()),
        np.corrcoef(codes.T, edited.T)[:5, 5:].max(axis=1),
    )
    drawn = measures.registry()["universality"].from_totals(sums.totals(resampling.weights))
    partner = np.corrcoef(codes.T, edited.T)[:5, 5:].argmax(axis=1)
    for replicate in (0, 7, 59):
        rows = drawn_images(resampling, replicate)
        for unit in range(5):
            again = np.corrcoef(codes[rows, unit], edited[rows, partner[unit]])[0, 1]
            assert drawn[replicate, unit] == pytest.approx(again)


def test_universality_has_an_interval_in_an_evaluation(resampling, moved):
    codes, edited, _ = moved
    known = measures.evidence(resampling)
    sums = measures.partner_sums(codes, edited, known.group, resampling.n_groups)
    scores = measures.evaluate(codes, known, name="units", also={"partner": sums}).units["universality"]
    np.testing.assert_allclose(scores.values, measures.universality(codes, edited))
    assert scores.mean.low < scores.mean.value < scores.mean.high


def test_a_class_that_a_replicate_did_not_draw_leaves_it_out(removal):
    before, after, labels = (part[..., :20, :] if part.ndim > 1 else part[:20] for part in removal)
    labels = np.where(np.arange(20) == 0, 2, labels % 2)
    drawn = measures.resample(20, replicates=200, groups=20)
    sums = measures.removal_sums(before, after, labels, drawn.group, drawn.n_groups)
    found = measures.estimate("targeted_removal", sums, drawn)
    absent = drawn.weights[:, drawn.group[0]] == 0
    assert 0 < absent.sum() < 200
    np.testing.assert_array_equal(np.isnan(found.replicates), absent)
    assert np.isfinite([found.low, found.high]).all()


def test_what_has_no_interval_here_is_named(resampling, removal):
    sums = measures.removal_sums(*removal)
    with pytest.raises(MeasureError, match="no measure of a whole unit set called 'universality'"):
        measures.estimate("universality", sums, resampling)
    with pytest.raises(MeasureError, match="keep 1 groups and not 120"):
        measures.estimate("targeted_removal", sums, resampling)
