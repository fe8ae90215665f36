"""What is fitted once for all values of k is what each value would have been fitted to."""

import numpy as np
import pytest

from sememe import dictionaries
from sememe.recipes import configure
from sememe.runs.fit import _K_LATER, twin_values


@pytest.mark.parametrize("name", _K_LATER)
def test_k_has_no_part_in_the_fit(name):
    items = np.random.default_rng(0).gamma(1.0, size=(300, 6)).astype(np.float32)
    kind = dictionaries.registry()[name]
    size = (
        {"n_components": 9}
        if "n_components" in kind().get_params() and name not in ("PCA", "FastICA")
        else {}
    )
    few = kind(k=2, **size).fit(items).set_params(k=4)
    many = kind(k=4, **size).fit(items)
    np.testing.assert_array_equal(few.components_, many.components_)
    np.testing.assert_array_equal(few.transform(items), many.transform(items))


def test_only_what_draws_on_a_seed_has_a_twin():
    (layer, *_) = configure("mnist").layers
    twins = {sweep.title: twin_values(sweep) for sweep in layer.sweeps}
    assert twins["neurons"] == twins["PCA"] == twins["top neurons"] == ()
    assert twins[layer.default.title]
    assert twins["random directions"]
