"""The measures of concepts, each by hand and against scikit-learn or a plain loop."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.linear_model import LinearRegression
from sklearn.metrics import average_precision_score, f1_score, jaccard_score

from sememe import measures
from sememe.errors import MeasureError

NAMES = ["concept_average_precision", "concept_f1", "concept_iou", "interval_precision", "concept_share"]


def score(name, codes, concepts, chosen=None):
    return getattr(measures, name)(codes, concepts, chosen)


@pytest.fixture
def concepts():
    rng = np.random.default_rng(5)
    return rng.random((60, 6)) < [0.5, 0.3, 0.2, 0.1, 0.05, 0.6]


@pytest.fixture
def codes(sparse_codes, concepts):
    """Units that lean to a concept, with ties, none below 0; unit 3 dead."""
    return np.round(sparse_codes * (0.3 + concepts[:, [0, 1, 2, 3, 4, 5, 0]]), 1)


def best_column(codes, concepts):
    precision = np.array([[average_precision_score(c, column) for c in concepts.T] for column in codes.T])
    chance = concepts.mean(axis=0)
    return np.argmax((precision - chance) / (1 - chance), axis=1)


def slow(name, column, concept, concepts):
    if not column.any():
        return np.nan
    thresholds = np.unique(column)
    if name == "concept_average_precision":
        return average_precision_score(concept, column)
    if name == "concept_f1":
        return max(f1_score(concept, column >= t) for t in thresholds)
    if name == "concept_iou":
        return max(jaccard_score(concept, column >= t) for t in thresholds)
    if name == "interval_precision":
        edges = np.linspace(0, column.max(), 11)
        parts = [concept[(column > a) & (column <= b)] for a, b in pairwise(edges + 1e-9)]
        return np.mean([part.mean() for part in parts if part.size])
    r2 = [LinearRegression().fit(x, column).score(x, column) for x in concepts.T[:, :, None]]
    return max(r2) / LinearRegression().fit(concepts, column).score(concepts, column)


@pytest.mark.parametrize("name", NAMES)
def test_equals_a_slow_reference_in_every_layout(name, layout, codes, concepts):
    codes = np.delete(codes, 4, axis=1)  # the constant unit has its own test
    best = best_column(codes, concepts)
    expected = [slow(name, column, concepts[:, b], concepts) for column, b in zip(codes.T, best, strict=True)]
    np.testing.assert_allclose(score(name, layout(codes), concepts), expected, rtol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_each_sign_has_a_concept_of_its_own(name, layout, codes, concepts):
    signs = np.random.default_rng(6).choice([-1.0, 1.0], size=60)
    signed = codes[:, :3] * signs[:, None]
    halves = [np.maximum(signed, 0), np.maximum(-signed, 0)]
    scores = np.array([score(name, half, concepts) for half in halves])
    mass = np.array([half.sum(axis=0) for half in halves])
    expected = (scores * mass).sum(axis=0) / mass.sum(axis=0)
    np.testing.assert_allclose(score(name, layout(signed), concepts), expected)


def test_the_choice_is_the_best_average_precision_above_chance_for_each_sign(layout, codes, concepts):
    signed = codes * np.random.default_rng(6).choice([-1.0, 1.0], size=60)[:, None]
    chosen = measures.choose_concepts(layout(signed), concepts)
    for half, row in ((np.maximum(signed, 0), chosen[0]), (np.maximum(-signed, 0), chosen[1])):
        fires = half.any(axis=0)
        np.testing.assert_array_equal(row[fires], best_column(half, concepts)[fires])
        assert (row[~fires] == -1).all()


def test_a_rare_concept_that_a_unit_half_detects_is_chosen_before_one_that_most_items_have():
    rare, most = np.arange(20) < 2, np.arange(20) != 19
    codes = np.column_stack([np.arange(20) == 0])  # one of the two; average precision 0.55 against 0.95
    chosen = measures.choose_concepts(codes.astype(float), np.column_stack([most, rare]))
    assert chosen[0].tolist() == [1]


def test_what_all_items_have_or_none_is_never_chosen():
    codes = np.array([[1.0], [0.5], [0.0], [0.0]])
    concepts = np.array(
        [[True, False, True], [True, False, False], [True, False, False], [True, False, False]]
    )
    assert measures.choose_concepts(codes, concepts)[0].tolist() == [2]


def test_a_concept_chosen_elsewhere_is_kept(codes, concepts):
    chosen = np.stack([np.arange(7) % 6, np.full(7, -1)])
    found = measures.concept_average_precision(codes, concepts, chosen)
    expected = [average_precision_score(concepts[:, u % 6], codes[:, u]) for u in range(7)]
    np.testing.assert_allclose(np.delete(found, 3), np.delete(expected, 3))


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_that_is_its_concept_scores_one_and_a_dead_one_nan(name, concepts):
    codes = np.column_stack([concepts[:, 2].astype(float), np.zeros(60)])
    perfect, dead = score(name, codes, concepts)
    assert perfect == pytest.approx(1.0)
    assert np.isnan(dead)


def test_a_constant_unit_has_no_share_and_the_average_precision_of_chance(concepts):
    codes = np.ones((60, 1))
    assert np.isnan(measures.concept_share(codes, concepts)[0])
    found = measures.concept_average_precision(codes, concepts)[0]
    assert found == pytest.approx(concepts[:, measures.choose_concepts(codes, concepts)[0, 0]].mean())


def test_precision_in_each_interval_sees_what_the_mean_hides(concepts):
    concept = np.arange(60) < 30
    codes = np.where(np.arange(60) < 10, 1.0, 0.05)[:, None]
    found = measures.precision_by_interval(codes, concept[:, None])[:, 0]
    assert found[9] == 1.0
    assert found[0] == pytest.approx(20 / 50)
    assert np.isnan(found[1:9]).all()
    assert measures.interval_precision(codes, concept[:, None])[0] == pytest.approx((1 + 0.4) / 2)


def test_concepts_that_imply_each_other_are_no_second_concept(concepts):
    rng = np.random.default_rng(7)
    codes = (concepts[:, [0]] * (1 + rng.random((60, 1)))).astype(float)
    doubled = np.column_stack([concepts, concepts, np.zeros(60, bool), np.ones(60, bool)])
    np.testing.assert_allclose(
        measures.concept_share(codes, doubled), measures.concept_share(codes, concepts), rtol=1e-6
    )


def test_generality_counts_the_classes_in_which_the_concept_holds(layout):
    labels = np.repeat(np.arange(4), 10)
    loop = np.isin(labels, [0, 1, 2])
    codes = np.column_stack(
        [
            loop * 1.0,  # on the concept in three classes
            (labels == 1) * 1.0,  # one class only
            (labels != 0) * np.where(np.arange(40) % 10 < 4, 1.0, 0.0),  # four firings a class: too few
            np.zeros(40),
        ]
    )
    found = measures.concept_generality(layout(codes), np.column_stack([loop, ~loop]), labels, 4)
    np.testing.assert_array_equal(found, [3.0, 1.0, 0.0, np.nan])


def test_coverage_is_the_best_unit_of_each_concept(layout, codes, concepts):
    precision = np.array([[average_precision_score(c, column) for c in concepts.T] for column in codes.T])
    units, best = measures.best_units(layout(codes), concepts)
    np.testing.assert_allclose(best, precision.max(axis=0))
    np.testing.assert_allclose(precision[units, np.arange(6)], best)
    assert measures.concept_coverage(layout(codes), concepts) == pytest.approx(best.mean())


def test_coverage_by_units_chosen_elsewhere_counts_their_own_sign(layout):
    concepts = np.eye(3, dtype=bool)
    before = np.array([[-2.0, 0.0], [1.0, 0.0], [0.0, 3.0]])
    finders = measures.choose_units(layout(before), concepts)
    np.testing.assert_array_equal(finders[:, 0], [[0, 0, 1], [-1, 1, 1]])
    after = np.array([[-1.0, 0.0], [5.0, 0.0], [2.0, 0.0]])
    # By the negative codes of unit 0; by its positive ones, second of two; by unit 1, which is dead.
    after_concepts = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0]], bool)
    found = measures.concept_coverage(layout(after), after_concepts, finders)
    assert found == pytest.approx((1 + 1 / 2 + 0) / 3)


def test_coverage_of_noise_is_flattered_by_choosing_on_the_items_scored():
    rng = np.random.default_rng(0)
    concepts, codes = rng.random((400, 5)) < 0.1, rng.random((400, 200)) * (rng.random((400, 200)) < 0.2)
    finders = measures.choose_units(codes[:200], concepts[:200])
    there, here = codes[200:], concepts[200:]
    assert measures.concept_coverage(there, here, finders) == pytest.approx(here.mean(), abs=0.06)
    assert measures.concept_coverage(there, here) > here.mean() + 0.1
    known = measures.evidence(measures.resample(200, replicates=50), concepts=here)
    found = measures.evaluate(there, known, name="u", finders=finders).sets["concept_coverage"]
    assert found.value == measures.concept_coverage(there, here, finders)
    assert found.low < found.value < found.high


def test_coverage_moves_with_the_units_that_are_drawn():
    """A replicate without the only unit of a concept takes the next best; of two alike it misses neither."""
    concepts = np.arange(60)[:, None] % 3 == np.arange(3)
    alone = np.column_stack([concepts[:, 0], concepts[:, 1], concepts[:, 2]]).astype(float)
    known = measures.evidence(measures.resample(60, replicates=400), concepts=concepts)
    twice = measures.evaluate(np.tile(alone, (1, 20)), known, name="u").sets["concept_coverage"]
    once = measures.evaluate(np.column_stack([alone, np.ones((60, 57))]), known, name="u")
    assert twice.value == once.sets["concept_coverage"].value == 1.0
    assert twice.high - twice.low < 1e-9
    missing = (1 - 1 / 60) ** 60
    expected = 1 - missing * (1 - 1 / 3)
    assert once.sets["concept_coverage"].replicates.mean() == pytest.approx(expected, abs=0.03)


def test_finders_of_other_units_are_refused(codes, concepts):
    finders = np.array([[[codes.shape[1]] * concepts.shape[1]], [[1] * concepts.shape[1]]])
    with pytest.raises(MeasureError, match="finders of 6 concepts among"):
        measures.concept_coverage(sparse.csr_array(codes), concepts, finders)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_order_scale_and_doubled_items_change_nothing(name, seed):
    rng = np.random.default_rng(seed)
    codes = np.round((rng.random((40, 4)) < 0.6) * rng.exponential(size=(40, 4)), 2)
    concepts = rng.random((40, 3)) < 0.4
    plain, order = score(name, codes, concepts), rng.permutation(4)
    np.testing.assert_allclose(score(name, codes[:, order], concepts), plain[order], rtol=1e-6)
    np.testing.assert_allclose(score(name, codes * 4.0, concepts), plain, rtol=1e-6)
    np.testing.assert_allclose(
        score(name, np.tile(codes, (2, 1)), np.tile(concepts, (2, 1))), plain, rtol=1e-6
    )


def test_replicates_are_the_scores_of_the_items_drawn(layout, codes, concepts):
    labels, group = np.arange(60) % 3, np.arange(60) % 6
    times = np.array([2, 0, 1, 1, 2, 0])
    drawn = np.repeat(np.arange(60), times[group])
    chosen = measures.choose_concepts(codes, concepts)
    ranked = measures.RankedSums(chosen[0], n_groups=6)
    summed = measures.ConceptSums(chosen[0], codes.max(axis=0), 6, n_classes=3, n_groups=6)
    for rows in (slice(0, 21), slice(21, 60)):
        ranked.update(layout(codes[rows]), concepts[rows], group[rows])
        summed.update(layout(codes[rows]), concepts[rows], labels[rows], group[rows])
    weights = times[None].astype(float)
    for name in [*NAMES, "concept_generality"]:
        record = measures.registry()[name]
        found = record.from_totals((ranked if record.totals == "ranked" else summed).totals(weights))[0]
        rest = (labels[drawn], 3, chosen) if name == "concept_generality" else (chosen,)
        # The intervals are those of all items; a sample without a unit's greatest code would have others.
        same = codes[drawn].max(axis=0) == codes.max(axis=0)
        expected = record.function(codes[drawn], concepts[drawn], *rest)
        np.testing.assert_allclose(found[same], expected[same], rtol=1e-6, err_msg=name)


def test_an_evaluation_has_them_all_with_nulls(codes, concepts, labels):
    known = measures.evidence(
        measures.resample(30, replicates=50),
        image=np.arange(60) // 2,
        labels=labels,
        n_classes=4,
        concepts=concepts,
    )
    chosen = measures.choose_concepts(codes, concepts)
    found = measures.evaluate(sparse.csr_array(codes), known, name="u", chosen=chosen)
    for name in NAMES:
        np.testing.assert_allclose(found.units[name].values, score(name, codes, concepts, chosen), rtol=1e-9)
        assert np.nanmean(found.units[name].null) < np.nanmean(found.units[name].values)
        assert found.units[name].mean.low < found.units[name].mean.value < found.units[name].mean.high
    assert np.isnan(found.units["concept_generality"].corrected.value)
    assert found.sets["concept_coverage"].value == measures.concept_coverage(codes, concepts)
    assert found.sets["concept_coverage"].low < found.sets["concept_coverage"].high


def test_without_labels_generality_is_left_out(codes, concepts):
    known = measures.evidence(measures.resample(60), concepts=concepts)
    found = measures.evaluate(codes, known, name="u").units
    assert set(found) == set(NAMES) - {"concept_iou"}, "of whole images it would be F1 again"


def test_what_does_not_fit_is_named(codes, concepts):
    with pytest.raises(MeasureError, match="60 items but concepts of 59"):
        measures.concept_f1(sparse.csr_array(codes), concepts[:-1])
    with pytest.raises(MeasureError, match="60 items but concepts of 59"):
        measures.evidence(measures.resample(60), concepts=concepts[:-1])
    with pytest.raises(MeasureError, match=r"must be \(2, 7\) and name one of 6"):
        measures.concept_f1(sparse.csr_array(codes), concepts, np.full((2, 7), 6))
