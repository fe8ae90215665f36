import numpy as np
import pytest

from sememe.dictionaries.kernels import encode
from sememe.dictionaries.kernels.encode import decode, encode_above, encode_top_k


@pytest.fixture
def work():
    rng = np.random.default_rng(0)
    shapes = ((90, 14), (130, 14), 130, 14)
    return tuple(rng.standard_normal(shape).astype(np.float32) for shape in shapes)


def test_encoding_keeps_each_items_k_largest(work, monkeypatch):
    x, W_enc, b_enc, b_dec = work
    monkeypatch.setattr(encode, "_BATCH", 40)
    codes = encode_top_k(x, W_enc, b_enc, b_dec, 6)
    pre = (x - b_dec) @ W_enc.T + b_enc
    expected = np.where(pre >= -np.sort(-pre, axis=1)[:, 5:6], np.maximum(pre, 0), 0)
    assert codes.has_canonical_format
    np.testing.assert_allclose(codes.toarray(), expected, rtol=1e-5, atol=1e-5)


def test_encoding_above_thresholds_is_a_jump_relu(work):
    x, W_enc, b_enc, b_dec = work
    threshold = np.linspace(0, 3, 130).astype(np.float32)
    pre = (x - b_dec) @ W_enc.T + b_enc
    codes = encode_above(x, W_enc, b_enc, b_dec, threshold).toarray()
    np.testing.assert_allclose(codes, np.where(pre > threshold, pre, 0), rtol=1e-5, atol=1e-5)


def test_decoding_is_the_product_with_the_atoms(work):
    x, W_enc, b_enc, b_dec = work
    codes = encode_top_k(x, W_enc, b_enc, b_dec, 7)
    expected = codes.toarray() @ W_enc + b_dec
    np.testing.assert_allclose(decode(codes, W_enc, b_dec), expected, rtol=1e-5, atol=1e-4)


def test_no_items_have_no_codes(work):
    _, W_enc, b_enc, b_dec = work
    codes = encode_top_k(np.empty((0, 14), np.float32), W_enc, b_enc, b_dec, 6)
    assert codes.shape == (0, 130)
    assert decode(codes, W_enc, b_dec).shape == (0, 14)
