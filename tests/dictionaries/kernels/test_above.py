import numpy as np
import pytest

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.above import AboveSelector, BatchTopKSelector


@pytest.fixture(params=["bytes", "product"], autouse=True)
def way(request, monkeypatch):
    if request.param == "product":
        monkeypatch.setattr(integer_product, "is_supported", lambda: False)
    elif not integer_product.is_supported():
        pytest.skip("this processor has no AVX-512 VNNI")


def _work(items=150, d_in=12, n_components=100):
    rng = np.random.default_rng(0)
    arrays = (rng.standard_normal(shape) for shape in ((items, d_in), (n_components, d_in), n_components))
    return tuple(array.astype(np.float32) for array in arrays)


def _dense(firings, shape):
    dense = np.zeros(shape, np.float32)
    dense[np.repeat(np.arange(shape[0]), np.diff(firings.offsets)), firings.components] = firings.values
    return dense


@pytest.mark.parametrize("threshold", [0.0, 1.5])
def test_all_codes_that_reach_the_threshold_are_found(threshold):
    x, W, b = _work()
    selector = AboveSelector(100, 12, x.dtype)
    selector.prepare(W, b)
    pre = x @ W.T + b
    # Half of 100 components fire for many an item: more than there is room for at first.
    expected = np.where((pre >= threshold) & (pre > 0), pre, 0)
    codes = _dense(selector.select(x, threshold), pre.shape)
    np.testing.assert_allclose(codes, expected, rtol=1e-5, atol=1e-5)


def test_batch_top_k_keeps_the_largest_of_the_batch():
    x, W, b = _work()
    selector = BatchTopKSelector(100, 12, 5, x.dtype)
    selector.prepare(W, b)
    pre = x @ W.T + b
    cut = np.sort(pre.ravel())[-5 * len(x)]
    for _ in range(2):  # the second time from the first time's threshold
        firings = selector.select(x)
        assert firings.values.size == 5 * len(x)
        np.testing.assert_allclose(
            _dense(firings, pre.shape), np.where(pre >= cut, pre, 0), rtol=1e-5, atol=1e-5
        )


def test_batch_top_k_lowers_a_threshold_that_was_too_high():
    x, W, b = _work()
    selector = BatchTopKSelector(100, 12, 5, x.dtype)
    selector.prepare(W, b)
    selector.select(10 * x)
    firings = selector.select(x)
    assert firings.values.size == 5 * len(x)
    assert firings.values.min() == pytest.approx(np.sort((x @ W.T + b).ravel())[-5 * len(x)], rel=1e-5)


def test_batch_top_k_of_too_few_positive_keeps_them_all():
    x, W, b = _work()
    b -= 12
    selector = BatchTopKSelector(100, 12, 20, x.dtype)
    selector.prepare(W, b)
    assert selector.select(x).values.size == (x @ W.T + b > 0).sum()


def test_batch_top_k_keeps_the_first_of_equal_values():
    x, W, b = np.ones((4, 8), np.float32), np.ones((16, 8), np.float32), np.zeros(16, np.float32)
    selector = BatchTopKSelector(16, 8, 2, x.dtype)
    selector.prepare(W, b)
    assert selector.select(x).offsets.tolist() == [0, 8, 8, 8, 8]
