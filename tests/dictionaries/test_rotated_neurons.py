import numpy as np
import pytest

from sememe.dictionaries.neurons import Neurons
from sememe.dictionaries.rotated_neurons import RotatedNeurons, random_rotation
from sememe.errors import DictionaryError


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_it_is_a_rotation(n):
    rotation = random_rotation(n, seed=n).astype(np.float64)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(n), atol=1e-6)
    assert np.linalg.det(rotation) == pytest.approx(1, abs=1e-5)


def test_rotations_are_uniform():
    # For the uniform distribution an axis goes to a uniform point of the sphere: mean 0, covariance 1 / n.
    images = np.stack([random_rotation(3, seed)[0] for seed in range(4000)])
    np.testing.assert_allclose(images.mean(axis=0), 0, atol=0.04)
    np.testing.assert_allclose(images.T @ images / len(images), np.eye(3) / 3, atol=0.03)


def test_all_coordinates_together_lose_nothing(items):
    rotated = RotatedNeurons().fit(items)
    codes = rotated.transform(items)
    np.testing.assert_allclose(rotated.inverse_transform(codes), items, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(codes, axis=1), np.linalg.norm(items, axis=1), rtol=1e-5)


def test_the_k_largest_by_magnitude_are_kept(items):
    every = RotatedNeurons(random_state=3).fit(items).transform(items)
    kept = RotatedNeurons(k=2, random_state=3).fit(items).transform(items)
    assert ((kept != 0).sum(axis=1) == 2).all()
    np.testing.assert_array_equal(kept[kept != 0], every[kept != 0])
    smallest_kept = np.where(kept != 0, np.abs(kept), np.inf).min(axis=1)
    largest_left = np.where(kept == 0, np.abs(every), 0).max(axis=1)
    assert (smallest_kept >= largest_left).all()


def test_sparse_activations_are_sparse_along_neurons_only():
    x = np.zeros((200, 16), np.float32)
    x[np.arange(200), np.arange(200) % 16] = 1
    assert Neurons(k=1).fit(x).score(x) == 0
    assert RotatedNeurons(k=1).fit(x).score(x) < -0.3


def test_the_seed_decides(items):
    one, same, other = (RotatedNeurons(random_state=seed).fit(items).components_ for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.allclose(one, other)


def test_an_unsuitable_k_is_named(items):
    with pytest.raises(DictionaryError, match=r"k must be at most the number of neurons \(10\), but 11"):
        RotatedNeurons(k=11).fit(items)
