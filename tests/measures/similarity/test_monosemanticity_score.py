import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from references import unit_scores
from sememe.errors import MeasureError
from sememe.measures import PairSums, monosemanticity_score, registry, unit_length
from sememe.measures.similarity.pair_totals import mean_cosine

DEAD, CONSTANT, ONCE = 3, 4, 5


def slow(codes, embeddings):
    return np.array([unit_scores.monosemanticity_score(column, embeddings) for column in codes.T])


def test_equals_the_definition_over_all_pairs_in_every_layout(layout, sparse_codes, embeddings):
    found = monosemanticity_score(layout(sparse_codes), embeddings)
    np.testing.assert_allclose(found, slow(sparse_codes, embeddings), rtol=1e-10)


def test_equals_the_definition_for_activations_of_any_sign(layout, embeddings):
    activations = np.random.default_rng(0).normal(size=(60, 4))
    found = monosemanticity_score(layout(activations), embeddings)
    np.testing.assert_allclose(found, slow(activations, embeddings), rtol=1e-10)


def test_equals_the_definition_for_single_precision_and_a_high_floor(embeddings):
    activations = (1000 + np.random.default_rng(0).random((60, 4))).astype(np.float32)
    np.testing.assert_allclose(
        monosemanticity_score(activations, embeddings), slow(activations.astype(float), embeddings), atol=1e-6
    )


def test_dead_constant_and_once_firing_units_score_nan(layout, sparse_codes, embeddings):
    scores = monosemanticity_score(layout(sparse_codes), embeddings)
    assert np.isnan(scores[[DEAD, CONSTANT, ONCE]]).all()
    assert not np.isnan(np.delete(scores, [DEAD, CONSTANT, ONCE])).any()


def test_hand_worked_value():
    # Weights of the pairs 2, 2, 1 and their cosines 0, 1, 0.
    embeddings = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 0.0], [1.0, 1.0]])
    activations = np.array([[2.0], [1.0], [1.0], [0.0]])
    assert monosemanticity_score(activations, embeddings)[0] == pytest.approx(2 / 5)


def test_centring_takes_off_what_all_items_share(embeddings, sparse_codes):
    shifted = embeddings + 100.0
    assert (np.nan_to_num(monosemanticity_score(sparse_codes, shifted), nan=1) > 0.99).all()
    np.testing.assert_allclose(
        monosemanticity_score(sparse_codes, shifted, centred=True),
        monosemanticity_score(sparse_codes, embeddings, centred=True),
        rtol=1e-9,
    )


def test_an_item_without_an_embedding_is_like_no_other(sparse_codes, embeddings):
    embeddings[[0, 5, 9]] = 0.0
    activations = np.random.default_rng(1).random((60, 3))
    np.testing.assert_allclose(
        monosemanticity_score(activations, embeddings), slow(activations, embeddings), rtol=1e-10
    )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e3), shift=st.floats(-10, 10))
def test_order_scale_and_shift_change_nothing(seed, factor, shift):
    rng = np.random.default_rng(seed)
    activations, embeddings = rng.normal(size=(30, 4)), rng.normal(size=(30, 3))
    plain = monosemanticity_score(activations, embeddings)
    order, rows = rng.permutation(4), rng.permutation(30)
    np.testing.assert_allclose(monosemanticity_score(activations[:, order], embeddings), plain[order])
    np.testing.assert_allclose(monosemanticity_score(activations[rows], embeddings[rows]), plain, atol=1e-12)
    np.testing.assert_allclose(
        monosemanticity_score(activations * factor + shift, embeddings), plain, atol=1e-8
    )
    np.testing.assert_allclose(monosemanticity_score(activations, embeddings * factor), plain, atol=1e-12)


def test_doubled_items_count_as_the_alike_pairs_that_they_are():
    # Unlike the measures of selectivity: the copy of an item is another item, with cosine 1 to it.
    activations, embeddings = np.array([[1.0], [1.0], [0.0]]), np.eye(3)
    assert monosemanticity_score(activations, embeddings)[0] == 0.0
    doubled = monosemanticity_score(np.tile(activations, (2, 1)), np.tile(embeddings, (2, 1)))
    assert doubled[0] == pytest.approx(2 / 6)


def test_batches_give_what_the_whole_gives(layout, embeddings):
    activations = np.random.default_rng(2).normal(size=(60, 4))
    sums, rows = PairSums(4, 5), unit_length(embeddings)
    for batch in (slice(0, 13), slice(13, 14), slice(14, 60)):
        sums.update(layout(activations[batch]), rows[batch])
    found = registry()["monosemanticity_score"].from_totals(sums.totals())
    np.testing.assert_allclose(found, monosemanticity_score(activations, embeddings), rtol=1e-10)


@pytest.mark.parametrize("n_dimensions", [3, 40], ids=["narrow", "wide"])
def test_a_replicate_counts_pairs_within_a_group_once_and_never_a_copy_with_its_copy(n_dimensions):
    rng = np.random.default_rng(3)
    activations, rows = rng.random((24, 3)), unit_length(rng.normal(size=(24, n_dimensions)))
    group, weights = np.arange(24) % 6, np.array([[2.0, 0, 1, 3, 0, 0], [1, 1, 1, 1, 1, 1]])
    sums = PairSums(3, n_dimensions, n_groups=6)
    sums.update(activations, rows, group)
    totals = sums.totals(weights)
    a = activations - activations.min(axis=0)
    for r, times in enumerate(weights):
        above = below = 0.0
        for i in range(24):
            for j in range(24):
                same = group[i] == group[j]
                count = times[group[i]] if same else times[group[i]] * times[group[j]]
                if i != j:
                    above = above + count * a[i] * a[j] * (rows[i] @ rows[j])
                    below = below + count * a[i] * a[j]
        np.testing.assert_allclose(totals.similarity[r], above)
        np.testing.assert_allclose(totals.weight[r], below)


def test_firings_dealt_at_random_meet_the_mean_cosine():
    rng = np.random.default_rng(4)
    rows = unit_length(rng.normal(size=(40, 3)) + 1)
    codes = np.zeros((40, 1))
    codes[:4, 0] = [1.0, 2.0, 3.0, 4.0]
    dealt = [monosemanticity_score(rng.permutation(codes), rows)[0] for _ in range(4000)]
    assert np.mean(dealt) == pytest.approx(mean_cosine(rows), abs=4 * np.std(dealt) / np.sqrt(4000))


def test_items_that_do_not_match_are_named(sparse_codes, embeddings):
    with pytest.raises(MeasureError, match="60 items but 59 embeddings"):
        monosemanticity_score(sparse.csr_array(sparse_codes), embeddings[:-1])
    embeddings[3, 1] = np.nan
    with pytest.raises(MeasureError, match="1 of 60 embeddings hold NaN"):
        monosemanticity_score(sparse_codes, embeddings)
