import numpy as np
import pytest

from sememe.errors import MeasureError
from sememe.explanations import ablation_by_class, dose_curve, logit_effect, scaled


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_scaling_moves_an_activation_along_its_atom_only(rng):
    values, code, atom = rng.normal(size=(5, 4)), rng.normal(size=5), np.array([0.6, 0.8, 0.0, 0.0])
    moved = scaled(values, code, atom, 3.0) - values
    np.testing.assert_allclose(moved, 2 * code[:, None] * atom)


def test_ablating_a_neuron_sets_its_axis_to_zero_and_leaves_the_rest(rng):
    values = rng.normal(size=(5, 4))
    ablated = scaled(values, values[:, 2], np.eye(4)[2], 0.0)
    np.testing.assert_allclose(ablated[:, 2], 0, atol=1e-15)
    np.testing.assert_array_equal(np.delete(ablated, 2, 1), np.delete(values, 2, 1))


def test_effect_through_a_linear_layer_is_the_product_of_atom_and_weights(rng):
    weights, atom = rng.normal(size=(3, 6)), rng.normal(size=6)
    values, code = rng.normal(size=(20, 6)), rng.uniform(0.5, 2, 20)
    found = logit_effect(values @ weights.T, scaled(values, code, atom, 0.0) @ weights.T, code)
    np.testing.assert_allclose(found.effect.value, weights @ atom)
    assert found.exact
    np.testing.assert_array_equal(found.effect.low, found.effect.value)


def test_effect_through_a_bend_is_a_mean_with_an_interval_around_it(rng):
    code = rng.uniform(0.5, 2, 200)
    before = np.maximum(code[:, None] - 1, 0) + rng.normal(scale=0.1, size=(200, 1))
    found = logit_effect(before, np.zeros((200, 1)), code)
    assert not found.exact
    assert found.effect.low[0] < found.effect.value[0] < found.effect.high[0]
    # The slope through zero, by least squares.
    assert found.effect.value[0] == pytest.approx(np.linalg.lstsq(code[:, None], before, rcond=None)[0][0, 0])


def test_interval_of_a_measured_effect_covers_the_truth(rng):
    """The interval of 95 % holds the slope of the whole population in about 95 % of samples."""
    held = 0
    for _ in range(300):
        code = rng.uniform(0.5, 2, 60)
        before = (code * (0.7 + rng.normal(scale=0.5, size=60)))[:, None]
        effect = logit_effect(before, np.zeros((60, 1)), code).effect
        held += effect.low[0] <= 0.7 <= effect.high[0]
    assert 0.9 <= held / 300 <= 0.99


def test_effect_of_a_silent_unit_is_refused():
    with pytest.raises(MeasureError, match="fires on none"):
        logit_effect(np.ones((2, 3)), np.ones((2, 3)), np.zeros(2))


def test_class_effects_are_means_over_the_images_of_each_class(rng):
    before, after, labels = rng.normal(size=(30, 3)), rng.normal(size=(30, 3)), np.arange(30) % 2
    found = ablation_by_class(before, after, labels)
    for c in (0, 1):
        own = labels == c
        np.testing.assert_allclose(found.change[c], (after - before)[own].mean(axis=0))
        assert found.accuracy_before[c] == np.mean(before[own].argmax(1) == c)
        assert found.accuracy_after[c] == np.mean(after[own].argmax(1) == c)
        assert found.flips[c] == np.mean(before[own].argmax(1) != after[own].argmax(1))
    assert found.images.tolist() == [15, 15, 0]
    assert np.isnan(found.change[2]).all()
    assert np.isnan(found.flips[2])


def test_labels_out_of_range_are_refused():
    with pytest.raises(MeasureError, match="between 0 and 1, but 0 to 2"):
        ablation_by_class(np.zeros((2, 2)), np.zeros((2, 2)), np.array([0, 2]))


def test_dose_one_changes_nothing(rng):
    before = rng.normal(size=(10, 3))
    curve = dose_curve(before, np.stack([before, before + 1]), np.array([1.0, 2.0]))
    np.testing.assert_array_equal(curve.change[0], 0)
    np.testing.assert_allclose(curve.change[1], 1)
    assert curve.images == 10


@pytest.mark.parametrize(
    "call",
    [
        lambda: logit_effect(np.zeros((2, 3)), np.zeros((2, 2)), np.ones(2)),
        lambda: ablation_by_class(np.zeros((2, 3)), np.zeros((2, 3)), np.zeros(3, dtype=int)),
        lambda: dose_curve(np.zeros((2, 3)), np.zeros((1, 2, 3)), np.ones(2)),
        lambda: logit_effect(np.full((2, 3), np.nan), np.zeros((2, 3)), np.ones(2)),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_a_sentence(call):
    with pytest.raises(MeasureError):
        call()
