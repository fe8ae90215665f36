import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from references import unit_scores
from sememe.errors import MeasureError
from sememe.measures import TopSums, clarity, polysemanticity, registry, unit_length


@pytest.fixture
def many():
    """(200, 6): units that fire on more items than there are exemplars, and on fewer; unit 5 dead."""
    rng = np.random.default_rng(0)
    codes = (rng.random((200, 6)) < [0.9, 0.6, 0.3, 0.1, 0.02, 0.0]) * rng.exponential(size=(200, 6))
    centres = np.array([[4.0, 0, 0], [0, 4, 0], [0, 0, 4]])
    return codes, centres[np.arange(200) % 3] + rng.normal(size=(200, 3))


def test_clarity_equals_a_loop_over_pairs_of_the_top_items(layout, many):
    codes, embeddings = many
    expected = unit_scores.each_unit(unit_scores.clarity, codes, embeddings)
    np.testing.assert_allclose(clarity(layout(codes), embeddings), expected, atol=1e-6)


def test_polysemanticity_equals_the_2_means_of_scikit_learn():
    rng = np.random.default_rng(1)
    centres = np.array([[4.0, 0, 0], [0, 4, 0]])
    embeddings = centres[np.arange(120) % 2] + 0.5 * rng.normal(size=(120, 3))
    codes = (rng.random((120, 4)) < 0.5) * rng.exponential(size=(120, 4))
    expected = unit_scores.each_unit(unit_scores.polysemanticity, codes, embeddings)
    for layout in (np.asarray, sparse.csr_array):
        np.testing.assert_allclose(polysemanticity(layout(codes), embeddings), expected, atol=1e-5)


def test_one_outlier_is_no_second_meaning():
    embeddings = np.array([[1.0, 0.0]] * 9 + [[0.0, 1.0]])
    codes = np.ones((10, 1))
    expected = unit_scores.each_unit(unit_scores.polysemanticity, codes, embeddings)
    found = polysemanticity(codes, embeddings)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert found[0] < 0.2


def test_signed_units_are_scored_on_both_signs(layout, many):
    codes, embeddings = many
    codes = codes * np.random.default_rng(2).choice([-1.0, 1.0], size=codes.shape)
    expected = unit_scores.each_unit(unit_scores.clarity, codes, embeddings)
    np.testing.assert_allclose(clarity(layout(codes), embeddings), expected, atol=1e-6)


@pytest.mark.parametrize("score", [clarity, polysemanticity])
def test_units_that_fire_on_fewer_than_two_items_score_nan(score, sparse_codes, embeddings):
    scores = score(sparse_codes, embeddings)
    assert np.isnan(scores[[3, 5]]).all()
    assert not np.isnan(np.delete(scores, [3, 5])).any()


def test_hand_worked_values():
    embeddings = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 5.0]])
    codes = np.array([[1.0, 1.0], [1.0, 1.0], [1.0, 0.0], [1.0, 0.0]])
    # Of the twelve ordered pairs of the first unit four are alike.
    np.testing.assert_allclose(clarity(codes, embeddings), [4 / 12, 1.0])
    np.testing.assert_allclose(polysemanticity(codes, embeddings), [1.0, 0.0], atol=1e-12)


@pytest.mark.parametrize("score", [clarity, polysemanticity])
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(1e-3, 1e3))
def test_order_and_scale_change_nothing(score, seed, factor):
    rng = np.random.default_rng(seed)
    codes = (rng.random((80, 4)) < 0.6) * rng.exponential(size=(80, 4))
    embeddings = rng.normal(size=(80, 3))
    plain, order = score(codes, embeddings), rng.permutation(4)
    np.testing.assert_allclose(score(codes[:, order], embeddings), plain[order], atol=1e-9)
    np.testing.assert_allclose(score(codes * factor, embeddings), plain, atol=1e-9)


def test_batches_give_what_the_whole_gives(layout, many):
    codes, embeddings = many
    rows, sums = unit_length(embeddings), TopSums(6, 3)
    for batch in (slice(0, 70), slice(70, 71), slice(71, 200)):
        sums.update(layout(codes[batch]), rows[batch])
    for score in (clarity, polysemanticity):
        found = registry()[score.__name__].from_totals(sums.totals())
        np.testing.assert_allclose(found, score(codes, embeddings), atol=1e-9)


def test_equal_codes_take_the_earlier_items():
    codes, embeddings = np.ones((100, 1)), np.eye(100)
    embeddings[:30] = np.eye(100)[0]
    assert clarity(codes, embeddings)[0] == pytest.approx(1.0)


def test_a_replicate_fills_its_top_from_what_it_drew():
    # 40 items in 4 groups, the later the weaker. Without group 0, drawn twice in its place, the top 30 are
    # group 1 twice and group 2 once.
    codes, embeddings = np.arange(40, 0, -1.0)[:, None], np.random.default_rng(3).normal(size=(40, 3))
    rows, group = unit_length(embeddings), np.arange(40) // 10
    sums = TopSums(1, 3, n_groups=4)
    sums.update(codes, rows, group)
    found = registry()["clarity"].from_totals(sums.totals(np.array([[0.0, 2, 1, 1]])))
    drawn = np.concatenate([np.arange(10, 20), np.arange(10, 20), np.arange(20, 30)])
    pairs = [rows[i] @ rows[j] for i in drawn for j in drawn if i != j]
    np.testing.assert_allclose(found, [[np.mean(pairs)]], atol=1e-6)


def test_items_that_do_not_match_are_named(sparse_codes, embeddings):
    with pytest.raises(MeasureError, match="60 items but 59 embeddings"):
        clarity(sparse.csr_array(sparse_codes), embeddings[:-1])
