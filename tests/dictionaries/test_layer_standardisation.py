import numpy as np
import pytest
import torch

from sememe.dictionaries.items import Items
from sememe.dictionaries.layer_standardisation import LayerStandardisation
from sememe.dictionaries.moments import moments_of
from sememe.errors import DictionaryError


def test_every_layer_is_centred_and_has_the_mean_square_asked_for(items):
    x = items * np.repeat([1, 1000], [4, 6]).astype(np.float32)
    found = LayerStandardisation.of(moments_of(Items(x)), (4, 6), (5.0, 2.0))
    standardised = found.apply(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(standardised.mean(axis=0), 0, atol=1e-4)
    assert np.square(standardised[:, :4]).sum(axis=1).mean() == pytest.approx(5, rel=1e-4)
    assert np.square(standardised[:, 4:]).sum(axis=1).mean() == pytest.approx(2, rel=1e-4)
    assert found.scale == found.layer_scales[0]
    np.testing.assert_array_equal(found.neuron_scales, np.repeat(found.layer_scales, [4, 6]))


def test_a_layer_that_does_not_vary_is_named(items):
    x = items.copy()
    x[:, 4:7] = 2.5
    with pytest.raises(DictionaryError, match=r"do not vary in layer 1 of 3 \(neurons 4 to 6\)"):
        LayerStandardisation.of(moments_of(Items(x)), (4, 3, 3), (1.0, 1.0, 1.0))
