"""What changes when a unit is ablated, on a linear network whose effects are known."""

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import entropy, spearmanr

from sememe import measures
from sememe.errors import MeasureError


@pytest.fixture
def linear():
    """Codes, a linear read-out, its logits, and those with each unit at zero; unit 3 is dead."""
    rng = np.random.default_rng(0)
    codes = (rng.random((80, 4)) < 0.5) * rng.exponential(size=(80, 4))
    codes[:, 3] = 0.0
    weights = np.array([[2.0, 0, 0], [1, -1, 0], [1, 1, 1], [5, 0, 0]])
    before = codes @ weights + 0.1 * rng.normal(size=(80, 3))
    after = np.stack([before - np.outer(codes[:, u], weights[u]) for u in range(4)])
    return codes, weights, before, after


def test_specificity_is_the_entropy_of_what_moves(linear):
    codes, weights, before, after = linear
    found = measures.effect_specificity(before, after, codes != 0)
    expected = [1 - entropy(np.abs(row), base=3) for row in weights[:3]]
    np.testing.assert_allclose(found[:3], expected, atol=1e-9)
    assert np.isnan(found[3])


def test_images_that_do_not_fire_the_unit_do_not_change_its_specificity(linear):
    codes, _, before, after = linear
    np.testing.assert_allclose(
        measures.effect_specificity(before, after), measures.effect_specificity(before, after, codes != 0)
    )


def test_flip_rate_counts_changed_predictions_among_firing_images(linear):
    codes, _, before, after = linear
    found = measures.flip_rate(before, after, codes != 0)
    for u in range(3):
        rows = codes[:, u] != 0
        assert found[u] == (after[u].argmax(axis=1) != before.argmax(axis=1))[rows].mean()
    assert np.isnan(found[3])


def test_dose_response_is_spearman_over_firing_images(linear):
    codes, _, before, after = linear
    noisy = after + 0.3 * np.random.default_rng(1).normal(size=after.shape)
    found = measures.dose_response(codes, before, noisy)
    for u in range(3):
        rows = codes[:, u] != 0
        change = np.abs(noisy[u] - before)
        moved = change[:, change.sum(axis=0).argmax()]
        assert found[u] == pytest.approx(spearmanr(codes[rows, u], moved[rows]).statistic)
    assert np.isnan(found[3])
    np.testing.assert_allclose(measures.dose_response(codes, before, after)[:3], 1.0)


def test_the_weights_of_a_linear_network_foretell_the_effect(linear):
    codes, weights, before, after = linear
    measured = (after - before[None]).mean(axis=1)
    found = measures.direct_effect_agreement(-codes.mean(axis=0)[:, None] * weights, measured)
    np.testing.assert_allclose(found[:2], 1.0)
    assert np.isnan(found[2:]).all(), "the same effect on every class says nothing, and none says nothing"
    np.testing.assert_allclose(measures.direct_effect_agreement(-weights[:2], weights[:2]), -1.0)


def test_replicates_are_the_scores_of_the_images_drawn(linear):
    codes, _, before, after = linear
    group, times = np.arange(80) % 8, np.array([2, 0, 1, 1, 3, 0, 1, 0])
    drawn = np.repeat(np.arange(80), times[group])
    sums = measures.effect_sums(before, after, codes != 0, group, 8)
    for score in (measures.effect_specificity, measures.flip_rate):
        found = score.record.from_totals(sums.totals(times[None].astype(float)))[0]
        np.testing.assert_allclose(found, score(before[drawn], after[:, drawn], codes[drawn] != 0))


def test_an_evaluation_takes_them_with_intervals(linear):
    codes, _, before, after = linear
    drawn = measures.resample(80, groups=40, replicates=50)
    given = {
        "effect": measures.effect_sums(before, after, codes != 0, drawn.group, drawn.n_groups),
        "dose": measures.dose_sums(codes, before, after, drawn.group, drawn.n_groups),
    }
    found = measures.evaluate(codes, measures.evidence(drawn), name="u", also=given).units
    assert set(found) == {"effect_specificity", "flip_rate", "dose_response"}
    assert found["effect_specificity"].mean.value == pytest.approx(
        np.nansum(measures.effect_specificity(before, after, codes != 0)) / 4
    )
    assert found["dose_response"].alive.value == pytest.approx(1.0)


def test_removing_the_units_of_a_class_costs_that_class():
    labels = np.repeat([0, 1, 2], 10)
    before = 2.0 * np.eye(3)[labels]
    after = np.stack([before * (np.arange(3) != c) + 0.1 * (np.arange(3) != c) for c in range(3)])
    lost = measures.accuracy_lost(before, after, labels)
    np.testing.assert_allclose(lost, np.eye(3))
    assert measures.targeted_removal(before, after, labels) == pytest.approx(1.0)


def test_removing_what_all_classes_share_gains_nothing():
    labels = np.repeat([0, 1, 2], 10)
    before = 2.0 * np.eye(3)[labels]
    after = np.stack([np.zeros((30, 3))] * 3)  # always class 0
    assert measures.targeted_removal(before, after, labels) == pytest.approx(0.0)


def test_units_are_attached_to_the_class_where_they_fire_more(layout):
    labels = np.repeat([0, 1, 2], 10)
    codes = np.column_stack([labels == 1, labels == 0, np.ones(30), 2.0 * (labels == 2)]).astype(float)
    np.testing.assert_array_equal(measures.attached_units(layout(codes), labels, 3, 1)[:, 0], [1, 0, 3])
    assert measures.attached_units(layout(-codes), labels, 3, 2).shape == (3, 2)


def test_only_the_unit_that_claims_the_edit_should_move(layout):
    rng = np.random.default_rng(2)
    codes = rng.random((50, 5))
    edited = codes.copy()
    edited[:, 2] = 0.0
    claims = np.arange(5) == 2
    assert measures.counterfactual_response(layout(codes), layout(edited), claims) == 1.0
    assert measures.counterfactual_response(layout(codes), layout(edited), ~claims) == -1.0
    assert np.isnan(measures.counterfactual_response(layout(codes), layout(codes), claims))
    assert np.isnan(measures.counterfactual_response(layout(codes), layout(edited), np.zeros(5, bool)))


def test_the_interval_of_a_response_is_as_wide_as_other_units_would_scatter_it():
    """Sets of units that move by chance: images alone would say that each such value is exact."""
    rng, values, errors = np.random.default_rng(0), [], []
    resampling = measures.resample(40, replicates=200)
    for seed in range(60):
        codes = np.ones((40, 30)) * (1 + 0.01 * rng.random((40, 30)))
        edited = codes * (1 - 0.5 * rng.random(30))
        sums = measures.movement_sums(codes, edited, np.arange(30) < 8, resampling.group, resampling.n_groups)
        found = measures.response_estimate(sums, resampling.for_units(0, seed))
        values.append(found.value)
        errors.append(found.replicates.std())
        images = measures.estimate("counterfactual_response", sums, resampling)
        assert images.value == found.value
        assert images.replicates.std() < 0.1 * errors[-1]
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.3)


def test_a_loud_unit_does_not_move_more_for_being_loud(layout):
    rng = np.random.default_rng(3)
    codes, edited = rng.random((50, 3)), rng.random((50, 3))
    scale = np.array([1.0, 100.0, 0.01])
    np.testing.assert_allclose(
        measures.movement(layout(codes * scale), layout(edited * scale)), measures.movement(codes, edited)
    )


def test_what_does_not_fit_is_named(linear):
    codes, weights, before, after = linear
    labels = np.arange(80) % 3
    with pytest.raises(MeasureError, match="No image is of class 2"):
        measures.targeted_removal(before, after[:3], labels % 2)
    with pytest.raises(MeasureError, match="Cannot take 5 units"):
        measures.attached_units(codes, labels, 3, 5)
    with pytest.raises(MeasureError, match="one layout"):
        measures.movement(codes, sparse.csr_array(codes))
    broken = after.copy()
    broken[1, 0, 0] = np.nan
    with pytest.raises(MeasureError, match="ablation of unit 1 are NaN"):
        measures.effect_specificity(before, broken)
    with pytest.raises(MeasureError, match="codes or logits are NaN"):
        measures.dose_response(codes, before, broken)
    with pytest.raises(MeasureError, match="effects are NaN"):
        measures.direct_effect_agreement(np.full((1, 3), np.nan), weights[:1])


@pytest.mark.usefixtures("plain_calls")
def test_shapes_that_differ_are_named(linear):
    codes, weights, before, after = linear
    with pytest.raises(MeasureError, match=r"before ablation have the shape \(80, 3\), after it \(80, 2\)"):
        measures.effect_specificity(before, after[:, :, :2])
    with pytest.raises(MeasureError, match=r"shape \(4, 80, 3\); these are \(3, 80, 3\)"):
        measures.dose_response(codes, before, after[:3])
    with pytest.raises(MeasureError, match=r"\(4, 3\), measured ones \(3, 3\)"):
        measures.direct_effect_agreement(weights, weights[:3])
    with pytest.raises(MeasureError, match=r"call for \(3, 80, 3\) after removal; got \(4, 80, 3\)"):
        measures.targeted_removal(before, after, np.arange(80) % 3)
    with pytest.raises(MeasureError, match=r"\(80, 4\) before the edit and \(79, 4\) after"):
        measures.movement(codes, codes[:-1])
    with pytest.raises(MeasureError, match="4 units but claims of 3"):
        measures.counterfactual_response(codes, codes + 1, np.ones(3, bool))
