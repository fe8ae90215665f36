import numpy as np
import pytest

from sememe.dictionaries.skip_transcoder import SkipTranscoder
from sememe.dictionaries.transcoder import Transcoder

SETTINGS = {"n_components": 24, "k": 4, "n_epochs": 15, "batch_size": 256}


@pytest.fixture(scope="module")
def layers():
    """The later layer is a linear map of the earlier, plus sparse nonlinear components."""
    rng = np.random.default_rng(0)
    encoder = np.linalg.qr(rng.normal(size=(16, 12)))[0].T
    linear = rng.normal(size=(16, 10)) / 2
    x = rng.normal(size=(6000, 16)) + 3
    y = 2 * np.maximum((x - 3) @ encoder.T - 1.2, 0) @ rng.normal(size=(12, 10)) + x @ linear
    return x.astype(np.float32), y.astype(np.float32), linear


def test_the_linear_part_is_found(layers):
    x, y, linear = layers
    found = SkipTranscoder(**SETTINGS).fit(x, y)
    assert found.skip_.shape == (16, 10)
    assert np.corrcoef(found.skip_.ravel(), linear.ravel())[0, 1] > 0.95
    assert found.score(x, y) > Transcoder(**SETTINGS).fit(x, y).score(x, y) + 0.1


def test_the_prediction_is_codes_and_skip_together(layers):
    x, y, _ = layers
    found = SkipTranscoder(**SETTINGS).fit(x, y)
    of_codes = found.inverse_transform(found.transform(x))
    expected = found.transform(x) @ found.components_ + found.offset_
    np.testing.assert_allclose(of_codes, expected, atol=1e-5)
    np.testing.assert_allclose(found.predict(x), of_codes + x @ found.skip_, rtol=1e-5, atol=1e-4)
    error = ((y - found.predict(x)) ** 2).sum() / ((y - y.mean(axis=0)) ** 2).sum()
    assert found.score(x, y) == pytest.approx(-error, rel=1e-4)


def test_the_same_seed_gives_the_same_skip(layers):
    x, y, _ = layers
    fits = [SkipTranscoder(**SETTINGS | {"n_epochs": 1}).fit(x, y).skip_ for _ in range(2)]
    np.testing.assert_array_equal(*fits)
