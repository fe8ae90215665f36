"""Intervals of single units: worked by hand, and against a bootstrap that repeats the images in a loop."""

import numpy as np
import pytest

from references import unit_scores as slow
from sememe import measures
from sememe.measures.bootstrap import Estimate
from sememe.measures.unit_intervals import unit_intervals
from sememe.measures.unit_scores import CHUNK

UNIT_RANGE = (0.0, 1.0)


def test_by_hand():
    """41 replicates 0.30, 0.31 ... 0.70: the middle 95 % is 0.31 to 0.69, about their mean 0.5."""
    drawn = np.linspace(0.3, 0.7, 41)
    low, high = unit_intervals(np.array([0.6]), drawn[:, None], UNIT_RANGE)
    assert (low[0], high[0]) == pytest.approx((0.41, 0.79))


def test_an_end_beyond_the_range_is_cut_off():
    low, high = unit_intervals(np.array([0.95, 0.02]), np.linspace(0, 1, 41)[:, None] * [1, 1], UNIT_RANGE)
    assert (high[0], low[1]) == (1.0, 0.0)


def test_it_is_the_interval_of_an_estimate():
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(200, 3))
    drawn[:4, 1] = np.nan
    values = np.array([0.1, -0.2, 0.3])
    low, high = unit_intervals(values, drawn, (-np.inf, np.inf))
    for unit, value in enumerate(values):
        expected = Estimate(value, drawn[:, unit])
        assert (low[unit], high[unit]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_unit_without_a_score_has_no_interval_and_harms_no_other():
    drawn = np.stack([np.linspace(0.3, 0.7, 41), np.full(41, np.nan), np.linspace(0.3, 0.7, 41)], axis=1)
    low, high = unit_intervals(np.array([0.5, np.nan, np.nan]), drawn, UNIT_RANGE)
    assert np.isnan(low).tolist() == np.isnan(high).tolist() == [False, True, True]


def test_a_unit_that_many_replicates_miss_has_no_interval():
    """Where 3 of 40 replicates have no score no 95 % can be told; where 2 have none it still can."""
    drawn = np.tile(np.linspace(0.3, 0.7, 40)[:, None], 2)
    drawn[:3, 0] = drawn[:2, 1] = np.nan
    low, _ = unit_intervals(np.array([0.5, 0.5]), drawn, UNIT_RANGE)
    assert np.isnan(low).tolist() == [True, False]


@pytest.fixture(scope="module")
def scored():
    """A unit set larger than a chunk on 40 images of 2 items, with a dead unit and one that fires once."""
    rng = np.random.default_rng(1)
    n_units = CHUNK + 5
    image, labels = np.repeat(np.arange(40), 2), np.repeat(np.arange(40) % 4, 2)
    codes = (rng.random((80, n_units)) < 0.4) * rng.exponential(size=(80, n_units))
    codes[:, 2:4] *= rng.choice([-1, 1], (80, 2))
    codes[:, 0] = 0
    codes[:, 1] = np.arange(80) == 7
    embeddings = rng.normal(size=(80, 6))
    resampling = measures.resample(40, groups=40, replicates=60, seed=3)
    known = measures.evidence(
        resampling, image=image, labels=labels, embeddings={"cnn": embeddings}, centred=False
    )
    return codes, labels, embeddings, known, measures.evaluate(codes, known, name="units")


@pytest.mark.parametrize(
    "key", ["class_selectivity", "dominant_mass", "class_information", "monosemanticity_score[cnn]"]
)
def test_it_is_what_a_loop_over_repeated_images_gives(scored, key):
    codes, labels, embeddings, known, found = scored
    name, _, of_embedding = key.partition("[")
    for unit in (2, 4, CHUNK + 4):
        drawn = []
        for weights in known.resampling.weights:
            times = weights[known.group]
            if of_embedding:
                drawn.append(_over_pairs(codes[:, unit], embeddings, times, known.group))
            else:
                rows = np.repeat(np.arange(80), times.astype(int))
                drawn.append(slow.two_signs(getattr(slow, name), codes[rows, unit], labels[rows], 4))
        scores = found.units[key]
        expected = Estimate(scores.values[unit], np.array(drawn))
        low, high = np.clip([expected.low, expected.high], *scores.record.range)
        assert (scores.low[unit], scores.high[unit]) == pytest.approx((low, high), abs=1e-6)


def _over_pairs(column, embeddings, times, group):
    """The monosemanticity score over all pairs of different items, each as often as a replicate drew it."""
    rows = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    drawn = np.where(group[:, None] == group, times[:, None], np.outer(times, times)) * (1 - np.eye(80))
    total = mass = 0.0
    for half in (np.maximum(column, 0), np.maximum(-column, 0)):
        products = drawn * np.outer(half, half)
        if products.any():
            score = (products * (rows @ rows.T)).sum() / products.sum()
            total, mass = total + score * (times * half).sum(), mass + (times * half).sum()
    return total / mass


def test_every_measure_that_images_move_has_intervals_around_its_scores(scored):
    *_, found = scored
    for key, scores in found.units.items():
        told = ~np.isnan(scores.low)
        assert told[5:].all(), key
        assert (scores.low[told] <= scores.high[told]).all(), key
        assert not told[:2].any(), f"{key}: dead, or on one image, which is no spread to tell an interval by"


def test_given_values_have_no_interval_over_images_and_given_sums_have(scored):
    codes, _, _, known, found = scored
    rng = np.random.default_rng(2)
    sums = measures.simulation_sums(codes, codes + rng.normal(size=codes.shape), known.group, 40)
    given = measures.Given(
        sums={"simulation": sums}, values={"direct_effect_agreement": rng.random(codes.shape[1])}
    )
    units = measures.evaluate_units(found, codes, known, given=given).units
    assert np.isnan(units["direct_effect_agreement"].low).all()
    simulated = units["simulation_score"]
    assert (simulated.low[2:] <= simulated.values[2:]).all()
    assert (simulated.values[2:] <= simulated.high[2:]).all()
