"""Planted truth: the dictionary that was planted is ranked first, and random noise last."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import f1_score, precision_score, recall_score

from sememe import measures
from sememe.errors import MeasureError


@pytest.fixture
def planted():
    """Truth (12, 16), strengths (400, 12) with Zipf frequencies, and activations."""
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(12, 16))
    strengths = (rng.random((400, 12)) < 0.5 / np.arange(1, 13)) * (0.5 + rng.random((400, 12)))
    return truth, strengths, strengths @ truth


def candidates(planted):
    """Planted, blurred and random dictionaries in a shuffled order, with their codes."""
    truth, strengths, x = planted
    rng = np.random.default_rng(1)
    order = rng.permutation(12)
    noise = rng.normal(size=(12, 16))
    half = truth[order] + 0.8 * rng.normal(size=(12, 16))
    blurred = np.where(rng.random((400, 12)) < 0.8, strengths[:, order], rng.random((400, 12)))
    return {
        "planted": (3 * truth[order], strengths[:, order]),
        "blurred": (half, blurred),
        "random": (noise, np.maximum(x @ noise.T, 0)),
    }


def scores(planted, atoms, codes):
    truth, strengths, _ = planted
    present = strengths > 0
    return {
        "mean_max_cosine": measures.mean_max_cosine(atoms, truth),
        "matched_correlation": measures.matched_correlation(codes, strengths),
        "recovery_precision": measures.recovery_precision(codes, atoms, present, truth),
        "recovery_recall": measures.recovery_recall(codes, atoms, present, truth),
        "recovery_f1": measures.recovery_f1(codes, atoms, present, truth),
        "uniqueness": measures.uniqueness(atoms, truth),
    }


def test_the_planted_dictionary_is_ranked_first_and_noise_last(planted):
    found = {name: scores(planted, *made) for name, made in candidates(planted).items()}
    for measure in found["planted"]:
        best, middle, worst = (found[name][measure] for name in ("planted", "blurred", "random"))
        assert best == pytest.approx(1.0), measure
        assert best >= middle >= worst, measure
        assert best > worst, measure


def test_equal_scikit_learn_where_the_matching_is_known(layout, planted):
    truth, strengths, _ = planted
    codes = candidates(planted)["blurred"][1]
    order = np.random.default_rng(1).permutation(12)
    present, fires = strengths > 0, codes != 0
    atoms = truth[order]
    pairs = [(present[:, order[u]], fires[:, u]) for u in range(12)]
    for score, slow in (
        (measures.recovery_precision, precision_score),
        (measures.recovery_recall, recall_score),
        (measures.recovery_f1, f1_score),
    ):
        found = score(layout(codes), atoms, present, truth)
        assert found == pytest.approx(np.mean([slow(there, fired) for there, fired in pairs]))


def test_dead_and_missing_units_detect_nothing(planted):
    truth, strengths, _ = planted
    present, codes = strengths > 0, strengths.copy()
    codes[:, 0] = 0.0
    assert measures.recovery_f1(codes, truth, present, truth) == pytest.approx(11 / 12)
    assert measures.recovery_precision(codes[:, :6], truth[:6], present, truth) == pytest.approx(5 / 12)


def test_features_that_no_item_has_are_left_out(planted):
    truth, strengths, _ = planted
    strengths[:, 3] = 0.0
    assert measures.recovery_f1(strengths, truth, strengths > 0, truth) == 1.0


def test_one_atom_for_all_is_near_but_not_unique():
    atoms = np.ones((4, 4))
    assert measures.mean_max_cosine(atoms, np.eye(4)) == pytest.approx(0.5)
    assert measures.uniqueness(atoms, np.eye(4)) == 0.25


def test_correlation_ignores_sign_scale_and_order(layout, planted):
    strengths = planted[1]
    codes = -2 * strengths[:, ::-1]
    assert measures.matched_correlation(layout(codes), strengths) == pytest.approx(1.0)
    assert measures.matched_correlation(layout(codes[:, :6]), strengths) == pytest.approx(6 / 12, abs=0.1)


@pytest.mark.parametrize("factor", [0.5, 1.0, 1.3])
def test_shrinkage_is_the_factor_by_which_reconstructions_were_scaled(factor):
    x = np.random.default_rng(2).normal(5, 1, size=(100, 3))
    mean = x.mean(axis=0)
    assert measures.shrinkage(x, mean + factor * (x - mean)) == pytest.approx(factor)


def test_noise_swells_a_reconstruction_and_no_relation_has_no_factor():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(1000, 3))
    assert measures.shrinkage(x, x + rng.normal(size=x.shape)) > 1.5
    assert np.isnan(measures.shrinkage(x, np.broadcast_to(x.mean(axis=0), x.shape).copy()))


def test_what_does_not_fit_is_named(planted):
    truth, strengths, x = planted
    with pytest.raises(MeasureError, match="400 items and the other 399"):
        measures.matched_correlation(sparse.csr_array(strengths[:-1]), strengths)
    with pytest.raises(MeasureError, match="12 units against 11 atoms"):
        measures.recovery_f1(sparse.csr_array(strengths), truth[:11], strengths > 0, truth)
    with pytest.raises(MeasureError, match="NaN or infinite"):
        measures.shrinkage(x, np.full_like(x, np.nan))


@pytest.mark.usefixtures("plain_calls")
def test_reconstructions_of_another_shape_are_refused(planted):
    with pytest.raises(MeasureError, match=r"\(400, 16\) and reconstructions \(399, 16\)"):
        measures.shrinkage(planted[2], planted[2][:-1])
