import numpy as np
import pytest

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.top_k import TopKSelector


def _dense(firings, shape):
    dense = np.zeros(shape, firings.values.dtype)
    items = np.repeat(np.arange(shape[0]), np.diff(firings.offsets))
    dense[items, firings.components] = firings.values
    return dense


def _exact(x, W, b, k):
    pre = x.astype(np.float64) @ W.astype(np.float64).T + b
    cut = -np.sort(-pre, axis=1)[:, k - 1 : k]
    return np.where((pre >= cut) & (pre > 0), pre, 0)


def _work(items, d_in, n_components, dtype=np.float32, seed=0):
    rng = np.random.default_rng(seed)
    arrays = (rng.standard_normal(shape) for shape in ((items, d_in), (n_components, d_in), n_components))
    return tuple(array.astype(dtype) for array in arrays)


@pytest.fixture(params=["bytes", "product"])
def way(request, monkeypatch):
    if request.param == "product":
        monkeypatch.setattr(integer_product, "is_supported", lambda: False)
    elif not integer_product.is_supported():
        pytest.skip("this processor has no AVX-512 VNNI")
    return request.param


@pytest.mark.parametrize(
    ("items", "d_in", "n_components", "k"),
    [(1, 3, 9, 2), (100, 33, 300, 5), (49, 64, 64, 16), (200, 16, 1000, 40)],
)
def test_codes_are_the_k_largest_positive_pre_activations(way, items, d_in, n_components, k):
    x, W, b = _work(items, d_in, n_components)
    selector = TopKSelector(n_components, d_in, k, x.dtype)
    selector.prepare(W, b)
    firings = selector.select(x)
    np.testing.assert_allclose(
        _dense(firings, (items, n_components)), _exact(x, W, b, k), rtol=1e-5, atol=1e-5
    )


def test_an_items_components_ascend(way):
    x, W, b = _work(60, 20, 500)
    selector = TopKSelector(500, 20, 8, x.dtype)
    selector.prepare(W, b)
    firings = selector.select(x)
    for i in range(60):
        assert (np.diff(firings.components[firings.offsets[i] : firings.offsets[i + 1]]) > 0).all()


def test_k_of_all_components_keeps_the_positive():
    x, W, b = _work(30, 6, 10)
    selector = TopKSelector(10, 6, 10, x.dtype)
    selector.prepare(W, b)
    expected = np.maximum(x @ W.T + b, 0)
    np.testing.assert_allclose(_dense(selector.select(x), (30, 10)), expected, rtol=1e-5, atol=1e-5)


def test_items_without_a_positive_pre_activation_have_no_firings(way):
    x, W, b = _work(5, 6, 64)
    selector = TopKSelector(64, 6, 3, x.dtype)
    selector.prepare(W, b - 100)
    assert selector.select(x).offsets.tolist() == [0] * 6


def test_chunks_of_the_product_are_as_one(monkeypatch):
    x, W, b = _work(130, 6, 64, np.float64)
    selector = TopKSelector(64, 6, 3, x.dtype)
    selector.prepare(W, b)
    whole = selector.select(x)
    monkeypatch.setattr("sememe.dictionaries.kernels.product._CHUNK_BYTES", 64 * 8 * 50)
    in_chunks = selector.select(x)
    np.testing.assert_array_equal(whole.offsets, in_chunks.offsets)
    np.testing.assert_array_equal(whole.components, in_chunks.components)
    np.testing.assert_allclose(whole.values, in_chunks.values, rtol=1e-12)


def test_a_changed_encoder_is_read_anew(way):
    x, W, b = _work(20, 6, 64)
    selector = TopKSelector(64, 6, 3, x.dtype)
    selector.prepare(W, b)
    selector.select(x)
    W[:] = W[::-1].copy()
    selector.prepare(W, b)
    np.testing.assert_allclose(_dense(selector.select(x), (20, 64)), _exact(x, W, b, 3), rtol=1e-5, atol=1e-5)
