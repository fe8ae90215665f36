import numpy as np
import pytest
import torch
import zarr

from sememe.dictionaries.items import Items, validated_items
from sememe.dictionaries.neurons import Neurons
from sememe.errors import DictionaryError


def test_a_store_gives_the_rows_of_the_matrix(items, store):
    on_disk = Items(store)
    assert len(on_disk) == 600
    assert on_disk.block == 64
    np.testing.assert_array_equal(on_disk.read(100, 300), items[100:300])
    rows = np.array([599, 3, 64, 3])
    np.testing.assert_array_equal(on_disk.take(rows), items[rows])
    np.testing.assert_array_equal(np.concatenate(list(on_disk.chunks(64 * 40 * 2))), items)


def test_chunks_of_a_store_are_whole_chunks_within_the_limit(store):
    assert [len(chunk) for chunk in Items(store).chunks(150 * 40)] == [128] * 4 + [88]


def test_a_sample_has_different_rows_of_the_matrix(items, store):
    for source in (Items(items), Items(store)):
        drawn = source.sample(200, np.random.default_rng(0))
        assert len(np.unique(drawn, axis=0)) == 200
        assert {row.tobytes() for row in drawn} <= {row.tobytes() for row in items}
        assert len(source.sample(10_000, np.random.default_rng(0))) == 600


def test_other_number_types_become_float32():
    assert Items(np.arange(6).reshape(3, 2)).read(0, 3).dtype == np.float32


@pytest.mark.parametrize("kind", ["array", "store"])
def test_nan_and_infinity_are_counted_and_located(items, tmp_path, kind):
    bad = items.copy()
    bad[300, 2] = np.nan
    bad[400, 1] = np.inf
    bad[301, 0] = np.nan
    rows = bad
    if kind == "store":
        rows = zarr.create_array(tmp_path / "values", shape=bad.shape, chunks=(64, 10), dtype="float32")
        rows[:] = bad
    with pytest.raises(
        DictionaryError, match=r"2 NaN and 1 inf among 600 items x 10 neurons.*item 300, neuron 2"
    ):
        list(Items(rows).chunks(1000))


def test_numbers_too_large_for_float32_are_infinite():
    with pytest.raises(DictionaryError, match="1 inf"):
        Items(np.array([[1.0, 1e300]])).read(0, 1)


def test_large_finite_numbers_whose_sum_overflows_are_allowed():
    rows = np.full((4, 4), 3e38, dtype=np.float32)
    np.testing.assert_array_equal(Items(rows).read(0, 4), rows)


def test_a_torch_tensor_is_taken_with_its_gradient_left_behind():
    tensor = torch.ones(3, 2, dtype=torch.float64, requires_grad=True)
    assert validated_items(Neurons(), tensor, reset=True).read(0, 3).dtype == np.float32


def test_a_store_of_another_shape_is_refused(tmp_path):
    neurons = Neurons().fit(np.ones((2, 3)))
    cube = zarr.create_array(tmp_path / "cube", shape=(4, 3, 2), chunks=(4, 3, 2), dtype="float32")
    with pytest.raises(DictionaryError, match=r"\(items, neurons\), but .*\(4, 3, 2\) arrived \(Zarr"):
        neurons.fit(cube)
    wide = zarr.create_array(tmp_path / "wide", shape=(4, 5), chunks=(4, 5), dtype="float32")
    with pytest.raises(DictionaryError, match="X has 5 features, but Neurons is expecting 3 features"):
        neurons.transform(wide)
    empty = zarr.create_array(tmp_path / "empty", shape=(0, 3), chunks=(4, 3), dtype="float32")
    with pytest.raises(DictionaryError, match="at least 1 items"):
        Neurons().fit(empty)
