import numpy as np
import pytest
from scipy import sparse
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from sememe import measures
from sememe.errors import MeasureError
from sememe.measures.simulation.simulate import choose_exemplars


@pytest.fixture
def splits():
    """Codes and embeddings of two splits: unit 0 a place, 1 two places, 2 noise, 3 dead."""
    rng = np.random.default_rng(0)

    def split(n):
        embeddings = rng.normal(size=(n, 4))
        rows = measures.unit_length(embeddings)
        noise = (rng.random(n) < 0.3) * rng.random(n)
        codes = np.column_stack(
            [np.maximum(rows[:, 0] - 0.3, 0), np.maximum(np.abs(rows[:, 1]) - 0.5, 0), noise, np.zeros(n)]
        )
        return codes, embeddings

    return split(600), split(300)


def slow_simulation(embeddings, codes, fitted_embeddings, exemplars, temperature):
    def cosine(a, b):
        return a @ b / np.linalg.norm(a) / np.linalg.norm(b)

    predicted = np.zeros((len(embeddings), codes.shape[1]))
    for u, items in enumerate(exemplars):
        for i, e in enumerate(embeddings):
            w = np.array([np.exp((cosine(e, fitted_embeddings[j]) - 1) / temperature) for j in items])
            if w[codes[items, u] != 0].sum() >= w.sum() / 2:
                predicted[i, u] = w @ codes[items, u] / w.sum()
    return predicted


def test_equals_kernel_regression_by_a_loop(layout, splits):
    (codes, fitted), (_, embeddings) = splits
    found = measures.simulate(embeddings[:20], layout(codes), fitted, temperature=0.1, seed=3)
    exemplars = choose_exemplars(codes, seed=3)
    np.testing.assert_allclose(found, slow_simulation(embeddings[:20], codes, fitted, exemplars, 0.1))
    assert 0 < np.count_nonzero(found[:, 0]) < 20, "the reader says that it is silent, too"


def test_silence_is_foretold_where_silent_exemplars_outweigh():
    """Weights 1, and exp(-1 / 0.5) for the exemplar at a right angle."""
    fitted = np.array([[1.0, 0.0], [0.0, 1.0]])
    far = np.exp(-2.0)
    found = measures.simulate(
        np.array([[1.0, 0.0], [0.0, 1.0]]), np.diag([3.0, -2.0]), fitted, temperature=0.5
    )
    np.testing.assert_allclose(found, [[3 / (1 + far), 0.0], [0.0, -2 / (1 + far)]])


@pytest.mark.parametrize("silent", [0.55, 15 / 16])
def test_what_the_greatest_score_is(silent):
    """Exact predictions score 1; those that are never 0, and those of firing alone, what the page says."""
    rank, n_silent = np.arange(4000.0), int(4000 * silent)
    codes = np.where(rank < n_silent, 0.0, rank)[:, None]
    ordered = np.concatenate([np.random.default_rng(0).permutation(n_silent), rank[n_silent:]])[:, None]
    score = measures.simulation_score
    assert score(codes, codes)[0] == pytest.approx(1.0)
    assert score(codes, ordered + 1)[0] == pytest.approx(np.sqrt(1 - silent**3), abs=1e-3)
    only_when = np.sqrt(3 * silent / (1 + silent + silent**2))
    assert score(codes, (codes > 0).astype(float))[0] == pytest.approx(only_when, abs=1e-3)


def test_a_unit_is_foretold_as_well_when_it_fires_seldom(splits):
    """Cut off at a threshold it means what it meant; a reader that is never silent could not say so."""
    (fitted_codes, fitted), (codes, embeddings) = splits
    rare, fitted_rare = (np.maximum(part[:, [0]] - 0.45, 0) for part in (codes, fitted_codes))
    assert 0.02 < (rare > 0).mean() < 0.12 < 0.3 < (codes[:, 0] > 0).mean()
    often = measures.simulation_score(
        codes[:, [0]], measures.simulate(embeddings, fitted_codes[:, [0]], fitted)
    )
    seldom = measures.simulation_score(rare, measures.simulate(embeddings, fitted_rare, fitted))
    never_silent = np.sqrt(1 - (rare == 0).mean() ** 3)
    assert seldom[0] > never_silent + 0.1
    assert seldom[0] > 0.7 * often[0]


def test_a_unit_of_which_nothing_is_foretold_scores_chance_and_not_nothing():
    codes = np.array([[1.0], [0.0], [0.0]])
    assert measures.simulation_score(codes, np.zeros((3, 1)))[0] == 0.0
    assert np.isnan(measures.simulation_score(np.zeros((3, 1)), codes))[0]


def test_exemplars_come_from_every_interval_and_at_random(layout, splits):
    codes = splits[0][0]
    exemplars = choose_exemplars(layout(codes), per_interval=5, at_random=50)
    assert exemplars[3].size == 50, "a dead unit has random items only"
    own = codes[exemplars[0], 0] / codes[:, 0].max()
    counts = np.histogram(own[own > 0], bins=np.linspace(0, 1, 11))[0]
    there = np.histogram(codes[codes[:, 0] > 0, 0] / codes[:, 0].max(), bins=np.linspace(0, 1, 11))[0]
    assert (counts >= np.minimum(there, 5)).all()


def test_the_score_is_spearman_in_every_layout(layout, splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    predicted = measures.simulate(embeddings, fitted_codes, fitted)
    expected = [spearmanr(codes[:, u], predicted[:, u]).statistic for u in range(3)]
    np.testing.assert_allclose(measures.simulation_score(layout(codes), predicted)[:3], expected)


def test_a_place_is_told_and_noise_is_not(splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    one, two, noise, dead = measures.simulation_score(
        codes, measures.simulate(embeddings, fitted_codes, fitted)
    )
    assert one > 0.7
    assert two > 0.5
    assert abs(noise) < 0.15
    assert np.isnan(dead)


def test_shuffled_embeddings_bring_the_score_to_chance(splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    shuffled = np.random.default_rng(1).permutation(embeddings)
    scores = measures.simulation_score(codes, measures.simulate(shuffled, fitted_codes, fitted))
    assert np.nanmax(np.abs(scores)) < 0.2


def test_scaling_a_unit_changes_nothing(splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    plain = measures.simulation_score(codes, measures.simulate(embeddings, fitted_codes, fitted))
    scaled = measures.simulation_score(4 * codes, measures.simulate(embeddings, 4 * fitted_codes, fitted))
    np.testing.assert_allclose(scaled, plain)


def test_by_interval_is_the_area_under_the_curve_against_silence(splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    predicted = measures.simulate(embeddings, fitted_codes, fitted)
    found = measures.simulation_by_interval(codes, predicted)
    height = codes[:, 0] / codes[:, 0].max()
    for k in (0, 4, 9):
        inside = (height > k / 10) & (height <= (k + 1) / 10)
        rows = inside | (height == 0)
        assert found[k, 0] == pytest.approx(roc_auc_score(inside[rows], predicted[rows, 0]))
    assert np.isnan(found[:, 3]).all()


def test_over_all_intervals_it_is_the_mean_of_somers_d(layout, splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    predicted = measures.simulate(embeddings, fitted_codes, fitted)
    found = measures.interval_simulation(layout(codes), predicted)
    for u in range(3):
        height, apart = codes[:, u] / codes[:, u].max(), []
        for k in range(10):
            inside = (height > k / 10) & (height <= (k + 1) / 10)
            rows = inside | (height == 0)
            if inside.any():
                apart.append(2 * roc_auc_score(inside[rows], predicted[rows, u]) - 1)
        assert found[u] == pytest.approx(np.mean(apart))
    assert np.isnan(found[3])
    assert abs(found[2]) < 0.15 < 0.7 < found[0]


def test_a_unit_that_is_never_silent_is_at_rest_in_its_lowest_tenth(layout):
    codes = np.array([[0.5], [0.58], [0.7], [1.5], [0.52]])
    right, wrong = codes - 0.4, np.array([[0.5], [0.5], [0.1], [0.2], [0.6]])
    assert measures.interval_simulation(layout(codes), right)[0] == pytest.approx(1.0)
    assert measures.interval_simulation(layout(codes), wrong)[0] == pytest.approx(-1.0)
    found = measures.simulation_by_interval(codes, right)[:, 0]
    np.testing.assert_array_equal(np.isnan(found), [True] + [False] + 7 * [True] + [False])
    assert np.isnan(measures.interval_simulation(np.ones((4, 1)), np.arange(4.0)[:, None])[0])


def test_over_all_intervals_how_often_a_unit_fires_counts_for_nothing(splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    found = []
    for threshold in (0.0, 0.25, 0.45):
        cut, fitted_cut = (np.maximum(part[:, [0]] - threshold, 0) for part in (codes, fitted_codes))
        predicted = measures.simulate(embeddings, fitted_cut, fitted)
        found.append(measures.interval_simulation(cut, predicted)[0])
    assert np.ptp(found) < 0.1


def test_replicates_over_all_intervals_scatter_as_if_scored_anew(splits):
    """To first order: the spread of the replicates is that of the scores of the items drawn."""
    (fitted_codes, fitted), (codes, embeddings) = splits
    predicted = measures.simulate(embeddings, fitted_codes, fitted)
    resampling = measures.resample(300, replicates=300)
    sums = measures.simulation_sums(codes, predicted, resampling.group, resampling.n_groups)
    record = measures.registry()["interval_simulation"]
    found = record.from_totals(sums.totals(resampling.weights))[:, :3]
    anew = np.array(
        [
            measures.interval_simulation(codes[rows], predicted[rows])[:3]
            for rows in (
                np.repeat(np.arange(300), w[resampling.group].astype(int)) for w in resampling.weights
            )
        ]
    )
    np.testing.assert_allclose(found.std(axis=0), anew.std(axis=0), rtol=0.3)
    assert (np.array([np.corrcoef(f, a)[0, 1] for f, a in zip(found.T, anew.T, strict=True)]) > 0.85).all()


def test_by_interval_a_negative_code_is_to_be_foretold_below_silence():
    codes, predicted = np.array([[-1.0], [0.0], [0.0], [1.0]]), np.array([[-2.0], [0.0], [-3.0], [1.0]])
    assert measures.simulation_by_interval(codes, predicted)[9, 0] == pytest.approx((0.5 + 1.0) / 2)


def test_an_item_like_no_exemplar_gets_their_mean():
    codes, fitted = np.array([[2.0], [0.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    found = measures.simulate(np.array([[-1.0, 0.0]]), codes, fitted, temperature=1e-4)
    assert found[0, 0] == pytest.approx(1.0)


def test_an_evaluation_takes_it_with_intervals(splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    known = measures.evidence(measures.resample(300, replicates=100))
    predicted = measures.simulate(embeddings, fitted_codes, fitted)
    sums = measures.simulation_sums(codes, predicted, known.group, known.resampling.n_groups)
    found = measures.evaluate(codes, known, name="u", also={"simulation[cnn]": sums}).units[
        "simulation_score[cnn]"
    ]
    np.testing.assert_allclose(found.values, measures.simulation_score(codes, predicted))
    assert found.mean.low < found.mean.value < found.mean.high
    alive = ~np.isnan(found.values)
    assert (found.null[alive] == 0).all(), "a rank correlation of random deals"
    assert found.corrected.value == pytest.approx(found.mean.value)


def test_sums_that_do_not_fit_an_evaluation_are_named(splits):
    codes = splits[1][0]
    known = measures.evidence(measures.resample(300))
    with pytest.raises(MeasureError, match="kind 'taste'"):
        measures.evaluate(codes, known, name="u", also={"taste": measures.simulation_sums(codes, codes)})
    with pytest.raises(MeasureError, match="keep 1 groups and not 100"):
        measures.evaluate(codes, known, name="u", also={"simulation": measures.simulation_sums(codes, codes)})
    sums = measures.simulation_sums(codes, codes, known.group, 100)
    with pytest.raises(MeasureError, match="are of 4 units, the codes of 3"):
        measures.evaluate(codes[:, :3], known, name="u", also={"simulation": sums})


def test_what_does_not_fit_is_named(splits):
    (fitted_codes, fitted), (codes, embeddings) = splits
    with pytest.raises(MeasureError, match="600 fitted items but 599 embeddings"):
        measures.simulate(embeddings, sparse.csr_array(fitted_codes), fitted[:-1])
    with pytest.raises(MeasureError, match="temperature must be positive; got 0"):
        measures.simulate(embeddings, fitted_codes, fitted, temperature=0.0)
    with pytest.raises(MeasureError, match=r"shape \(300, 4\) and the predictions \(300, 3\)"):
        measures.simulation_score(sparse.csr_array(codes), np.zeros((300, 3)))
    with pytest.raises(MeasureError, match="4 of the predictions are NaN"):
        measures.simulation_score(codes[:1], np.full((1, 4), np.nan))


@pytest.mark.usefixtures("plain_calls")
def test_embeddings_of_two_encoders_are_refused(splits):
    (fitted_codes, fitted), (_, embeddings) = splits
    with pytest.raises(MeasureError, match="4 dimensions and the exemplars' 3"):
        measures.simulate(embeddings, fitted_codes, fitted[:, :3])
