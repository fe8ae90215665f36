import numpy as np
import pytest

from sememe.dictionaries.neurons import Neurons
from sememe.errors import DictionaryError


def test_codes_are_the_activations(items):
    neurons = Neurons().fit(items)
    np.testing.assert_array_equal(neurons.transform(items), items)
    np.testing.assert_array_equal(neurons.inverse_transform(items), items)


def test_the_k_largest_by_magnitude_are_kept_with_their_sign():
    x = np.array([[1.0, -3.0, 2.0], [0.5, 0.1, -0.2]])
    codes = Neurons(k=2).fit(x).transform(x)
    assert codes.tolist() == [[0, -3, 2], pytest.approx([0.5, 0, -0.2])]


def test_k_beyond_the_neurons_is_refused(items):
    with pytest.raises(
        DictionaryError, match=r"k must be at most the number of neurons \(10\), but 11 arrived"
    ):
        Neurons(k=11).fit(items)


def test_nan_is_refused_in_a_store_too(items, tmp_path):
    import zarr

    bad = items.copy()
    bad[5, 5] = np.nan
    array = zarr.create_array(tmp_path / "values", shape=bad.shape, chunks=(64, 10), dtype="float32")
    array[:] = bad
    with pytest.raises(DictionaryError, match="1 NaN"):
        Neurons().fit(array)
