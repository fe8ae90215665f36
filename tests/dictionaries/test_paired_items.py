import numpy as np
import pytest
import torch

from sememe.dictionaries.items import Items
from sememe.dictionaries.paired_items import PairedItems, validated_target
from sememe.dictionaries.stream import BatchStream
from sememe.dictionaries.transcoder import Transcoder
from sememe.errors import DictionaryError


def test_rows_of_both_layers_stand_side_by_side(items, store):
    for x in (Items(items), Items(store)):
        pairs = PairedItems(x, Items(items[:, :4] + 100))
        both = np.concatenate([items, items[:, :4] + 100], axis=1)
        assert (len(pairs), pairs.n_neurons) == (600, 14)
        np.testing.assert_array_equal(pairs.read(70, 80), both[70:80])
        np.testing.assert_array_equal(pairs.take(np.array([5, 2, 300])), both[[5, 2, 300]])
        np.testing.assert_array_equal(np.concatenate(list(pairs.chunks())), both)


def test_batches_and_samples_keep_rows_together(items, store):
    for x, y in ((items, items), (store, items), (items, store), (store, store)):
        pairs = PairedItems(Items(x), Items(y))
        drawn = [*BatchStream(pairs, 100, seed=0).batches(0, 8), pairs.sample(50, np.random.default_rng(0))]
        for batch in drawn:
            np.testing.assert_array_equal(batch[:, :10], batch[:, 10:])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "Transcoder requires y to be passed, but the target y is None: give the later layer's"),
        (
            np.zeros((5, 2)),
            r"needs the later layer's activations of the same 6 items, .* y is float64 \(5, 2\)",
        ),
        (np.zeros(6), r"as y, .* float64 \(6,\) arrived"),
        (np.zeros((6, 0)), r"y is float64 \(6, 0\)"),
        ([["a"]] * 6, r"as y, .* arrived \(list\): give an array of numbers"),
    ],
)
def test_an_unsuitable_target_is_refused(y, message):
    with pytest.raises(DictionaryError, match=message):
        validated_target(Transcoder(), y, 6)


def test_targets_come_as_arrays_tensors_and_stores(items, store):
    for y in (items, torch.from_numpy(items), items.tolist(), store):
        np.testing.assert_array_equal(validated_target(Transcoder(), y, 600).read(0, 9), items[:9])
