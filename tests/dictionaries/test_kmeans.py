import numpy as np
import pytest

from sememe.dictionaries.kmeans import KMeans
from sememe.errors import DictionaryError


def clusters(seed=0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = 10 * rng.normal(size=(5, 6))
    return centres, (centres[rng.integers(0, 5, 1000)] + 0.1 * rng.normal(size=(1000, 6))).astype(np.float32)


def test_planted_centres_are_found():
    centres, items = clusters()
    found = KMeans(n_components=15, n_epochs=5, batch_size=200).fit(items).components_
    distances = np.linalg.norm(centres[:, None] - found[None], axis=2).min(axis=1)
    assert distances.max() < 0.3


def test_codes_are_one_hot_assignments_to_the_nearest_centre():
    _, items = clusters()
    kmeans = KMeans(n_components=8, batch_size=200).fit(items)
    codes = kmeans.transform(items)
    assert ((codes == 1).sum(axis=1) == 1).all()
    assert codes.sum() == len(items)
    nearest = np.linalg.norm(items[:, None] - kmeans.components_[None], axis=2).argmin(axis=1)
    np.testing.assert_array_equal(codes.argmax(axis=1), nearest)
    np.testing.assert_array_equal(kmeans.inverse_transform(codes), kmeans.components_[nearest])


def test_more_centres_than_items_are_refused(items):
    with pytest.raises(DictionaryError, match=r"n_components must be at most the number of items \(600\)"):
        KMeans(n_components=601).fit(items)
