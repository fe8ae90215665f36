import numpy as np
from scipy.stats import rankdata, spearmanr

from sememe.measures.rank_totals import RankSums, _centred_ranks


def test_ranks_are_those_of_scipy_ties_included():
    values = np.array([3.0, 0.0, 0.0, 2.0, 3.0, 0.0])
    np.testing.assert_allclose(_centred_ranks(values) * 6, rankdata(values) - 3.5)


def test_correlation_is_spearman_for_the_items_taken():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 50, 3)).round(1)
    taken = rng.random((50, 3)) < 0.6
    found = RankSums(x, y, taken=taken).totals().correlation()
    expected = [spearmanr(x[taken[:, u], u], y[taken[:, u], u]).statistic for u in range(3)]
    np.testing.assert_allclose(found, expected)


def test_a_replicate_is_the_weighted_correlation_of_the_ranks():
    rng = np.random.default_rng(1)
    x, y, group = rng.normal(size=(40, 1)), rng.normal(size=(40, 1)), np.arange(40) % 4
    times = np.array([2, 0, 1, 1])
    found = RankSums(x, y, group, 4).totals(times[None].astype(float)).correlation()
    drawn = np.repeat(np.arange(40), times[group])
    expected = np.corrcoef(rankdata(x)[drawn], rankdata(y)[drawn])[0, 1]
    np.testing.assert_allclose(found, [[expected]])


def test_a_constant_has_no_correlation():
    assert np.isnan(RankSums(np.ones((5, 1)), np.arange(5.0)[:, None]).totals().correlation()).all()
    nothing = RankSums(np.ones((5, 1)), np.ones((5, 1)), taken=np.zeros((5, 1), bool))
    assert np.isnan(nothing.totals().correlation()).all()
