import numpy as np
import pytest
from scipy.stats import t

from sememe import measures
from sememe.errors import MeasureError
from sememe.measures import Estimate, difference, holm, over_seeds, resample


def test_groups_are_of_equal_size_and_every_replicate_draws_as_many():
    drawn = resample(250, groups=100, replicates=50)
    sizes = np.bincount(drawn.group)
    assert drawn.n_groups == 100
    assert sizes.min() >= 2
    assert sizes.max() <= 3
    assert (drawn.weights.sum(axis=1) == 100).all()
    assert drawn.replicates == 50


def test_the_same_seed_draws_the_same_and_another_seed_others():
    first, again, other = resample(60, seed=1), resample(60, seed=1), resample(60, seed=2)
    np.testing.assert_array_equal(first.group, again.group)
    np.testing.assert_array_equal(first.weights, again.weights)
    np.testing.assert_array_equal(first.unit_weights(9), again.unit_weights(9))
    assert (first.weights != other.weights).any()


def test_the_global_random_state_is_not_moved():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    resample(60).unit_weights(5)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_fewer_images_than_a_bootstrap_needs_are_refused():
    with pytest.raises(MeasureError, match="over 19 images"):
        resample(19)
    with pytest.raises(MeasureError, match="at least 2 replicates"):
        resample(100, replicates=1)


def test_an_interval_lies_about_its_value_though_resampling_lifts_the_replicates():
    estimate = Estimate(0.3, 0.4 + np.linspace(-0.1, 0.1, 101))
    assert estimate.low == pytest.approx(0.3 - 0.095)
    assert estimate.high == pytest.approx(0.3 + 0.095)


def test_what_is_not_defined_has_no_interval():
    estimate = Estimate(float("nan"), np.full(5, np.nan))
    assert np.isnan(estimate.low)
    assert np.isnan(difference(estimate, estimate, 9).p)


def test_a_difference_has_the_interval_and_p_of_student():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=500)
    first, second = Estimate(1.0, shared + 0.1 * rng.normal(size=500)), Estimate(0.8, shared)
    found = difference(first, second, 15)
    error = (first.replicates - second.replicates).std(ddof=1)
    assert found.value == pytest.approx(0.2)
    assert found.high - found.value == pytest.approx(t.ppf(0.975, 15) * error)
    assert found.p == pytest.approx(2 * t.sf(0.2 / error, 15))
    assert (found.low > 0) == (found.p < 0.05)


def test_a_thing_does_not_differ_from_itself():
    one = Estimate(0.5, np.linspace(0, 1, 9))
    assert difference(one, one, 5).p == 1.0


def test_what_is_left_by_rounding_is_no_difference():
    exact = Estimate(1.0, np.ones(50))
    rounded = Estimate(1.0 - 3e-14, 1.0 - 3e-14 + 1e-15 * np.arange(50))
    assert difference(exact, rounded, 99).p == 1.0
    assert difference(exact, Estimate(0.9, np.full(50, 0.9)), 99).p == 0.0


def test_estimates_of_other_resamples_cannot_be_paired():
    with pytest.raises(MeasureError, match="of 3 and 4 replicates"):
        difference(Estimate(0.0, np.zeros(3)), Estimate(0.0, np.zeros(4)), 5)


def test_holm_equals_its_definition_step_by_step():
    p = np.array([0.03, 0.001, np.nan, 0.2, 0.01])
    np.testing.assert_allclose(holm(p), [0.06, 0.004, np.nan, 0.2, 0.03])
    np.testing.assert_array_equal(holm(np.array([0.9, 0.8])), [1.0, 1.0])
    assert holm(np.empty(0)).size == 0


def test_seeds_are_drawn_in_every_replicate():
    drawn = resample(60, replicates=4000)
    seeds = [Estimate(value, np.full(4000, value)) for value in (0.1, 0.2, 0.6)]
    together = over_seeds(seeds, drawn)
    assert together.value == pytest.approx(0.3)
    # The standard error of a mean of three; draws with replacement alone would give 18 % less.
    assert together.replicates.std() == pytest.approx(np.std([0.1, 0.2, 0.6], ddof=1) / np.sqrt(3), rel=0.05)
    assert over_seeds(seeds[:1], drawn) is seeds[0]


def test_seeds_of_networks_are_drawn_apart_from_those_of_dictionaries():
    # Three dictionaries on each of three networks, the second three times as far apart.
    drawn = resample(60, replicates=4000)
    inner = np.array([0.0, 0.1, 0.2])
    networks = [
        over_seeds([Estimate(v, np.full(4000, v)) for v in start + inner], drawn) for start in (0, 0.3, 0.6)
    ]
    variance = [np.var(some, ddof=1) / 3 for some in (inner, 3 * inner)]
    apart = over_seeds(networks, drawn, level=1).replicates.std()
    assert apart == pytest.approx(np.sqrt(sum(variance)), rel=0.05)
    # With the same draws for both they would add up as if networks and dictionaries were one thing.
    assert over_seeds(networks, drawn).replicates.std() > 1.2 * apart


def test_where_seeds_carry_all_variance_they_give_the_degrees_of_freedom():
    drawn = resample(60, replicates=2000)
    pooled = over_seeds([Estimate(v, np.full(2000, v)) for v in (0.1, 0.2, 0.6)], drawn)
    found = difference(pooled, Estimate(0.0, np.zeros(2000)), 99)
    error = pooled.replicates.std(ddof=1)
    assert found.p == pytest.approx(2 * t.sf(0.3 / error, 2), rel=0.1)


def test_where_seeds_agree_their_number_does_not_matter():
    rng = np.random.default_rng(0)
    shared = rng.normal(0, 0.1, size=2000)
    pooled = over_seeds([Estimate(0.3, 0.3 + shared)] * 3, resample(60, replicates=2000))
    error = pooled.replicates.std(ddof=1)
    assert difference(pooled, Estimate(0.0, np.zeros(2000)), 99).p == pytest.approx(2 * t.sf(0.3 / error, 99))


def test_a_setting_that_differs_by_seed_is_called_different_in_5_percent_at_most():
    # Two families without a difference, three seeds each: the seeds scatter more than the images.
    rng, calls = np.random.default_rng(1), []
    drawn = resample(60, replicates=200)
    for _ in range(400):
        seeds = rng.normal(0, 0.1, size=(2, 3))
        pair = [over_seeds([Estimate(v, v + rng.normal(0, 0.02, 200)) for v in row], drawn) for row in seeds]
        calls.append(difference(*pair, 99).p < 0.05)
    assert np.mean(calls) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def planted(rng, n_images=400, n_units=30):
    """Units that lean to one class, and embeddings with a place for each class."""
    labels = rng.integers(0, 4, size=n_images)
    own, lean = rng.integers(0, 4, size=n_units), rng.beta(2, 2, size=n_units)
    fires = rng.random((n_images, n_units)) < 0.15 + 0.6 * lean * (labels[:, None] == own)
    codes = fires * rng.exponential(size=fires.shape)
    embeddings = 2 * np.eye(4)[labels] + rng.normal(size=(n_images, 4))
    return codes, labels, embeddings


def scored(codes, labels, embeddings, drawn):
    known = measures.evidence(drawn, labels=labels, n_classes=4, embeddings={"e": embeddings}, centred=False)
    return measures.evaluate(codes, known, name="units").units


def test_the_spread_of_grouped_replicates_is_that_of_a_naive_bootstrap_over_images():
    rng = np.random.default_rng(0)
    codes, labels, embeddings = planted(rng, n_images=200)
    found = scored(codes, labels, embeddings, resample(200, replicates=400))
    naive = {name: [] for name in ("class_selectivity", "dominant_mass")}
    pairs = []
    cosine = measures.unit_length(embeddings) @ measures.unit_length(embeddings).T
    for _ in range(150):
        rows, units = rng.integers(0, 200, size=200), rng.integers(0, 30, size=30)
        for name, values in naive.items():
            values.append(getattr(measures, name)(codes[rows], labels[rows], 4)[units].mean())
        # Pairs of an image with its own copy are left out.
        times = np.bincount(rows, minlength=200)
        weight = np.outer(times, times) * ~np.eye(200, dtype=bool)
        a = codes[:, units]
        above, below = (((w @ a) * a).sum(axis=0) for w in (weight * cosine, weight))
        pairs.append((above / below).mean())
    for name, values in naive.items():
        assert found[name].mean.replicates.std() == pytest.approx(np.std(values), rel=0.25), name
    mine = found["monosemanticity_score[e]"].mean
    assert mine.replicates.std() == pytest.approx(np.std(pairs), rel=0.25)
    assert mine.replicates.mean() == pytest.approx(mine.value, abs=0.2 * np.std(pairs))


@pytest.mark.slow
def test_intervals_cover_the_score_that_is_expected():
    rng = np.random.default_rng(1)
    names = [
        "class_selectivity",
        "dominant_mass",
        "concept_separability",
        "monosemanticity_score[e]",
        "clarity[e]",
    ]
    lows, highs, values = ({name: [] for name in names} for _ in range(3))
    for seed in range(200):
        found = scored(*planted(rng, n_images=200, n_units=25), resample(200, replicates=120, seed=seed))
        for name in names:
            lows[name].append(found[name].mean.low)
            highs[name].append(found[name].mean.high)
            values[name].append(found[name].mean.value)
    for name in names:
        expected = np.mean(values[name])
        covered = np.mean((np.array(lows[name]) <= expected) & (expected <= np.array(highs[name])))
        assert covered >= 0.88, f"{name}: {covered}"


@pytest.mark.slow
def test_two_random_dictionaries_are_called_different_in_5_percent_of_comparisons():
    rng = np.random.default_rng(2)
    labels, parts = rng.integers(0, 5, size=600), rng.normal(size=(12, 20))
    strength = (rng.random((600, 12)) < 0.2) * rng.exponential(size=(600, 12))
    strength[np.arange(600), labels] += 1
    x, embeddings = strength @ parts, strength + 0.3 * rng.normal(size=(600, 12))
    known = measures.evidence(
        resample(600, replicates=200),
        labels=labels,
        embeddings={"e": embeddings},
        concepts=strength > 0.5,
    )
    called = {}
    for _ in range(200):
        pair = []
        for _ in range(2):
            codes = np.maximum(x @ rng.normal(size=(20, 40)), 0)
            codes[codes < np.partition(codes, -4, axis=1)[:, [-4]]] = 0
            predicted = measures.simulate(embeddings, codes, embeddings)
            foretold = measures.simulation_sums(codes, predicted, known.group, known.resampling.n_groups)
            found = measures.evaluate(codes, known, name="random", also={"simulation": foretold})
            coverage = {"concept_coverage": found.sets["concept_coverage"]}
            pair.append({key: scores.mean for key, scores in found.units.items()} | coverage)
        for key in pair[0]:
            called.setdefault(key, []).append(difference(pair[0][key], pair[1][key], 39).p < 0.05)
    assert len(called) >= 18
    for key, calls in called.items():
        # 5 % and three standard errors of a share out of 200.
        assert np.mean(calls) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200), key
