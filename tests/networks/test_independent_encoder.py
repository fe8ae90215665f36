"""The encoder apart: its embedding, by its own layer and by any other."""

import numpy as np
import pytest
import torch

from networks.bars import bars, small_classifier
from sememe.errors import NetworkError
from sememe.networks import embed, independent_encoder, train
from sememe.networks.network import PIXEL_DEVIATION, PIXEL_MEAN


def test_an_embedding_is_the_mean_over_positions_of_the_last_map():
    encoder, images = independent_encoder(seed=2), bars(7)
    with torch.no_grad():
        normal = (torch.from_numpy(images.floats()) - PIXEL_MEAN) / PIXEL_DEVIATION
        maps = encoder.conv3(encoder.conv2(encoder.conv1(normal)))
    embedding = embed(encoder, images, batch_size=3)
    assert embedding.shape == (7, 64)
    assert embedding.dtype == np.float32
    np.testing.assert_allclose(embedding, maps.mean((2, 3)).numpy(), rtol=1e-4, atol=1e-6)


def test_images_of_one_class_lie_closer_together_once_it_is_trained():
    encoder = independent_encoder(seed=0)
    train(encoder, bars(600), batch_size=20)
    embedding = embed(encoder, bars(40, seed=1)).astype(np.float64)
    unit = embedding - embedding.mean(0)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    cosine = unit @ unit.T
    same = np.equal.outer(np.arange(40) % 10, np.arange(40) % 10)
    assert cosine[same].min() > cosine[~same].max()


def test_any_network_embeds_by_the_name_of_a_layer():
    net, images = small_classifier(), bars(5, n_classes=4, size=8)
    with torch.no_grad():
        expected = net[:2](torch.from_numpy(images.floats())).numpy()
    np.testing.assert_allclose(embed(net, images, layer="1"), expected, rtol=1e-5)


def test_a_network_without_that_layer_is_refused():
    with pytest.raises(NetworkError, match="no layer 'embedding'"):
        embed(small_classifier(), bars(5, n_classes=4, size=8))
