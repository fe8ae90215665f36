import numpy as np
import pytest

from sememe.dictionaries.items import Items
from sememe.dictionaries.moments import moments_of
from sememe.errors import DictionaryError


def test_moments_of_a_store_are_those_of_the_matrix(items, store):
    found = moments_of(Items(store))
    np.testing.assert_allclose(found.mean, items.mean(axis=0, dtype=np.float64), rtol=1e-12)
    assert found.scale == pytest.approx(np.sqrt(items.var(axis=0, dtype=np.float64).mean()))


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e6])
def test_constant_items_are_refused(constant):
    with pytest.raises(DictionaryError, match="do not vary"):
        moments_of(Items(np.full((50, 3), constant, dtype=np.float32)))


def test_one_constant_neuron_is_no_matter(items):
    rows = items.copy()
    rows[:, 2] = 7
    assert moments_of(Items(rows)).scale > 0
