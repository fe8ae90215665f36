import numba
import numpy as np
import pytest

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.quantise import MARGIN_DEVIATIONS
from sememe.dictionaries.kernels.screen import Encoder, empty_screen, read_encoder, screen_items
from sememe.dictionaries.kernels.vectors import PANEL, padded_length

pytestmark = pytest.mark.skipif(not integer_product.is_supported(), reason="no AVX-512 VNNI here")

BLOCK = 12


@numba.njit
def _screen_all(x, screen, upper, maxima):
    for first in range(0, x.shape[0], BLOCK):
        last = min(first + BLOCK, x.shape[0])
        screen_items(x, first, last, screen, 1, upper[first : first + BLOCK], maxima[first : first + BLOCK])


def _screened(x, W, b, blocks=None):
    """What values may reach and surely reach: pre-activations and margins, and the maxima of the latter."""
    screen = empty_screen(BLOCK, *W.shape)
    read_encoder(screen, Encoder(W, b))
    rows, padded = -(-len(x) // BLOCK) * BLOCK, padded_length(len(W))
    upper, maxima = np.zeros((rows, padded), np.float32), np.zeros((rows, blocks or padded), np.float32)
    _screen_all(x, screen, upper, maxima)
    if blocks is not None:
        return upper[: len(x)], maxima[: len(x)]
    upper, sure = upper[: len(x)], maxima[: len(x)]
    filler = upper == -np.inf
    pre = np.where(filler, -np.inf, (upper + np.where(filler, 0, sure)) / 2)
    return pre, np.where(filler, 0, upper - np.where(filler, 0, pre))


def _work(items, d_in, n_components, heavy=False):
    rng = np.random.default_rng(3)
    x = rng.standard_normal((items, d_in)).astype(np.float32)
    if heavy:
        x = np.maximum(x - 1, 0) ** 3
    W = rng.standard_normal((n_components, d_in)).astype(np.float32) * rng.uniform(0.1, 3, (n_components, 1))
    return x, W.astype(np.float32), rng.standard_normal(n_components).astype(np.float32)


def test_bytes_multiply_exactly_what_is_a_byte():
    rng = np.random.default_rng(4)
    x = rng.integers(-127, 128, (50, 30)).astype(np.float32)
    W = rng.integers(-127, 128, (70, 30)).astype(np.float32)
    x[:, 0], W[:, 0] = 127, 127
    b = rng.integers(-9, 9, 70).astype(np.float32)
    pre, _ = _screened(x, W, b)
    np.testing.assert_allclose(pre[:, :70], x @ W.T + b, rtol=1e-6, atol=1e-3)


def test_maxima_are_those_of_what_values_surely_reach():
    x, W, b = _work(30, 12, 300)
    pre, margin = _screened(x, W, b)
    sure = np.where(np.isfinite(pre), pre - margin, -np.inf)
    _, maxima = _screened(x, W, b, blocks=2 * PANEL)
    padded = np.full((30, 6 * PANEL), -np.inf)
    padded[:, : sure.shape[1]] = sure
    np.testing.assert_allclose(maxima, padded.reshape(30, 3, 2 * PANEL).max(axis=1), rtol=1e-5, atol=1e-5)


def test_components_that_fill_a_panel_are_never_the_largest():
    pre, _ = _screened(*_work(5, 8, 70))
    assert (pre[:, 70:] == -np.inf).all()


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("d_in", [5, 64, 512])
def test_rounding_stays_within_the_margin(d_in, heavy):
    x, W, b = _work(200, d_in, 300, heavy)
    pre, margin = _screened(x, W, b)
    error = np.abs(pre[:, :300] - (x.astype(np.float64) @ W.astype(np.float64).T + b))
    # Nearly normal errors beyond three bounds on their standard deviation: less than one in a thousand.
    assert (error > margin[:, :300] + 1e-5).mean() < 1e-3
    assert np.sqrt((error**2).mean()) < (margin[:, :300] / MARGIN_DEVIATIONS).mean()


def test_zero_items_and_zero_components_have_their_bias():
    x, W, b = _work(7, 16, 64)
    x[2], W[5] = 0, 0
    pre, _ = _screened(x, W, b)
    np.testing.assert_allclose(pre[2], b, rtol=1e-6)
    np.testing.assert_allclose(pre[:, 5], b[5], rtol=1e-6)
