"""Exemplars: the strongest firings, ten intervals, random firings; by values worked out by hand."""

import numpy as np
import pytest
from scipy import sparse

from sememe.errors import MeasureError
from sememe.explanations import exemplars

# One unit on ten items: five firings, from 0.1 to 1.0.
CODES = np.array([0.0, 1.0, 0.0, 0.55, 0.1, 0.0, 0.1, 0.0, 0.5, 0.0])[:, None]


def test_density_is_the_share_of_items_that_fire_the_unit():
    (unit,) = exemplars(CODES)
    assert (unit.n_items, unit.n_firings, unit.density) == (10, 5, 0.5)


def test_top_firings_come_strongest_first_and_ties_by_item():
    (unit,) = exemplars(CODES, n_top=4)
    assert unit.top.item.tolist() == [1, 3, 8, 4]
    assert unit.top.activation.tolist() == [1.0, 0.55, 0.5, 0.1]


def test_intervals_cut_the_firing_range_into_equal_widths_from_the_strongest_down():
    (unit,) = exemplars(CODES, n_intervals=3)
    assert np.allclose([cut.high for cut in unit.intervals], [1.0, 0.7, 0.4])
    assert np.allclose([cut.low for cut in unit.intervals], [0.7, 0.4, 0.1])
    assert [cut.n_firings for cut in unit.intervals] == [1, 2, 2]
    assert [cut.firings.item.tolist() for cut in unit.intervals] == [[1], [3, 8], [4, 6]]


def test_a_firing_on_an_edge_belongs_to_the_interval_whose_low_end_it_is():
    (unit,) = exemplars(np.array([[1.0], [2.0], [3.0]]), n_intervals=2)
    assert [cut.firings.activation.tolist() for cut in unit.intervals] == [[3.0, 2.0], [1.0]]


def test_every_firing_lies_in_the_interval_that_shows_it():
    codes = np.random.default_rng(0).normal(size=(400, 5))
    for unit in exemplars(codes, per_interval=1000):
        assert sum(cut.n_firings for cut in unit.intervals) == unit.n_firings == 400
        for cut in unit.intervals:
            assert len(cut.firings) == cut.n_firings
            assert ((cut.firings.activation >= cut.low) & (cut.firings.activation <= cut.high)).all()
            assert np.array_equal(cut.firings.activation, codes[cut.firings.item, unit.unit])


def test_no_more_than_asked_are_sampled_from_an_interval():
    (unit,) = exemplars(np.ones((50, 1)), per_interval=4, n_random=7)
    assert [len(cut.firings) for cut in unit.intervals] == [4] + [0] * 9
    assert [cut.n_firings for cut in unit.intervals] == [50] + [0] * 9
    assert len(unit.random) == 7
    assert len(set(unit.random.item.tolist())) == 7


def test_random_firings_are_drawn_evenly_from_all_firings():
    codes = np.linspace(0.01, 1, 2000)[:, None]
    (unit,) = exemplars(codes, n_random=1000)
    # The mean of half of the firings, drawn without replacement, has a standard error of 0.0064.
    assert abs(unit.random.activation.mean() - codes.mean()) < 0.03


def test_signed_codes_fire_below_zero_and_both_signs_are_shown():
    codes = np.array([[-2.0], [0.0], [-1.0], [3.0]])
    (unit,) = exemplars(codes, n_intervals=5)
    assert unit.n_firings == 3
    assert unit.top.activation.tolist() == [3.0]
    assert unit.bottom.activation.tolist() == [-2.0, -1.0]
    assert (unit.intervals[0].high, unit.intervals[-1].low) == (3.0, -2.0)
    assert sorted(a for cut in unit.intervals for a in cut.firings.activation) == [-2.0, -1.0, 3.0]


def test_a_dead_unit_says_so_and_has_nothing_to_show():
    (unit,) = exemplars(np.zeros((5, 1)))
    assert unit.is_dead
    assert unit.density == 0
    assert unit.intervals == ()
    assert len(unit.top) == len(unit.bottom) == len(unit.random) == 0


def test_top_firings_show_each_image_once():
    codes = np.array([0.9, 1.0, 0.8, 0.1])[:, None]
    (unit,) = exemplars(
        codes, image=np.array([0, 0, 1, 2]), position=np.array([[0, 0], [0, 1], [2, 2], [1, 1]])
    )
    assert unit.top.item.tolist() == [1, 2, 3]
    assert unit.top.image.tolist() == [0, 1, 2]
    assert unit.top.position.tolist() == [[0, 1], [2, 2], [1, 1]]


@pytest.mark.parametrize("layout", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_and_dense_codes_show_the_same(layout):
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(200, 6)) * (rng.random((200, 6)) < 0.3)
    stored = sparse.csr_array(codes)
    stored.data[::7] = 0.0  # a firing that is stored but zero is none
    for a, b in zip(exemplars(stored.toarray()), exemplars(layout(stored)), strict=True):
        assert a.n_firings == b.n_firings
        for left, right in [(a.top, b.top), (a.random, b.random), *zip_firings(a, b)]:
            assert np.array_equal(left.item, right.item)
            assert np.array_equal(left.activation, right.activation)


def zip_firings(a, b):
    return [(x.firings, y.firings) for x, y in zip(a.intervals, b.intervals, strict=True)]


def test_what_is_shown_for_a_unit_does_not_depend_on_which_others_are_asked_for():
    codes = np.random.default_rng(1).random((300, 4))
    alone = exemplars(codes, units=[2], seed=5)[0]
    among = exemplars(codes, seed=5)[2]
    assert alone.unit == among.unit == 2
    assert np.array_equal(alone.random.item, among.random.item)
    assert not np.array_equal(alone.random.item, exemplars(codes, units=[2], seed=6)[0].random.item)


@pytest.mark.parametrize(
    ("codes", "options", "said"),
    [
        (np.zeros((0, 3)), {}, r"\(0, 3\)"),
        (np.ones((4, 3)), {"units": [1, 3]}, "between 0 and 2, but 1 to 3 came"),
        (np.ones((4, 3)), {"image": np.arange(3)}, "4 items but 3 rows of `image`"),
        (np.array([[np.nan], [1.0], [np.inf]]), {}, "Unit 0 has 2 activations that are not finite"),
    ],
)
def test_codes_that_cannot_be_shown_are_refused_in_words(codes, options, said):
    with pytest.raises(MeasureError, match=said):
        exemplars(codes, **options)
