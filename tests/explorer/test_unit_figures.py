"""Figures of a unit: what is drawn is what was computed."""

import numpy as np
import pytest

from sememe.explanations import (
    ablation_by_class,
    activation_histogram,
    atom_map,
    dose_curve,
    logit_effect,
    split_neuron,
)
from sememe.explorer import figures

NAMES = ("a", "b", "c")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_parts_of_a_bar_stack_to_the_square_root_of_all_firings(rng):
    activation, labels = np.maximum(rng.normal(size=300), 0), rng.integers(0, 3, 300)
    histogram = activation_histogram(activation, labels, 3, n_bins=10)
    figure = figures.histogram_figure(histogram, NAMES)
    assert [trace.name for trace in figure.data] == list(NAMES)
    stacked = sum(np.asarray(trace.y) for trace in figure.data)
    np.testing.assert_allclose(stacked, np.sqrt(histogram.counts.sum(axis=0)))
    np.testing.assert_array_equal(figure.data[1].customdata, histogram.counts[1])


def test_profile_is_in_per_cent():
    figure = figures.profile_figure(np.array([0.5, 0.25, 0.25]), NAMES)
    assert list(figure.data[0].y) == [50, 25, 25]


def test_measured_effect_has_intervals_and_exact_one_says_so(rng):
    code = rng.uniform(1, 2, 40)
    measured = logit_effect(rng.normal(size=(40, 3)) + code[:, None], np.zeros((40, 3)), code)
    figure = figures.effect_figure(measured, NAMES)
    np.testing.assert_allclose(figure.data[0].error_y.array, measured.effect.high - measured.effect.value)
    assert "n = 40 images" in figure.layout.annotations[0].text
    exact = logit_effect(code[:, None] * np.array([1.0, 0, -1]), np.zeros((40, 3)), code)
    figure = figures.effect_figure(exact, NAMES)
    assert figure.data[0].error_y.array is None
    assert "exact" in figure.layout.annotations[0].text


def test_ablation_is_centred_on_no_change(rng):
    effects = ablation_by_class(rng.normal(size=(30, 3)), rng.normal(size=(30, 3)), np.arange(30) % 3)
    (heat,) = figures.ablation_figure(effects, NAMES).data
    np.testing.assert_array_equal(heat.z, effects.change)
    assert heat.zmin == -heat.zmax
    assert list(heat.y) == ["a (10)", "b (10)", "c (10)"]


def test_doses_draw_the_logits_that_move_most(rng):
    before = rng.normal(size=(20, 4))
    slopes = np.array([0.0, 3.0, -2.0, 1.0])
    after = np.stack([before + dose * slopes for dose in (0.0, 1.0, 2.0)])
    figure = figures.dose_figure(dose_curve(before, after, np.array([0.0, 1.0, 2.0])), (*NAMES, "d"))
    assert [trace.name for trace in figure.data if trace.name] == ["logit b", "logit c", "logit d"]


def test_split_ends_with_what_is_left(rng):
    codes = np.maximum(rng.normal(size=(50, 12)), 0)
    split = split_neuron(codes @ np.ones(12), codes, np.ones(12), 0.0)
    (bars,) = figures.split_figure(split, 3, most=4).data
    assert list(bars.y[-3:]) == ["all others", "constant", "not explained"]
    assert sum(bars.x) == pytest.approx(100)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_atlas_says_how_far_to_trust_it(rng, theme):
    found = atom_map(rng.normal(size=(40, 6)), "pca")
    figure = figures.atlas_figure(found, rng.random(40), colour_title="density", theme=theme)
    np.testing.assert_array_equal(figure.data[0].x, found.place[:, 0])
    assert "trustworthiness" in figure.layout.annotations[0].text
    assert figure.layout.dragmode == "lasso"
