"""Putting items in the place of a layer's output."""

import numpy as np
import pytest
import torch
from torch import nn

from sememe.activations import harvest
from sememe.activations.splice import splice
from sememe.errors import NetworkError
from sememe.images import ImageSet


@pytest.fixture
def images():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 6, 6)).astype(np.uint8)
    return ImageSet(pixels, None, (), "random")


@pytest.fixture
def net():
    layers = nn.Sequential(
        nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 5), nn.ReLU(), nn.Linear(5, 4)
    )
    generator = torch.Generator().manual_seed(0)
    for parameter in layers.parameters():
        parameter.data.normal_(0, 0.3, generator=generator)
    return layers


@pytest.mark.parametrize("layer", ["1", "4"])
def test_splicing_the_same_items_changes_nothing(net, images, layer):
    with torch.no_grad():
        plain = net(torch.from_numpy(images.floats())).numpy()
    spliced = splice(net, images, layer, lambda items: items, batch_size=3)
    np.testing.assert_allclose(spliced, plain, rtol=1e-5)  # another batch size rounds differently


@pytest.mark.parametrize("layer", ["1", "4"])
def test_the_function_is_given_the_items_of_a_harvest_in_its_order(net, images, layer):
    seen = []
    splice(net, images, layer, lambda items: (seen.append(items), items)[1], batch_size=2)
    np.testing.assert_allclose(np.concatenate(seen), harvest(net, images, layer).values, rtol=1e-5)


def test_an_ablated_neuron_of_a_map_equals_zeroing_its_channel(net, images):
    def ablate(items):
        return items * np.array([1, 0, 1], dtype=np.float32)

    with torch.no_grad():
        map_ = net[:2](torch.from_numpy(images.floats()))
        map_[:, 1] = 0
        expected = net[2:](map_).numpy()
    np.testing.assert_allclose(splice(net, images, "1", ablate), expected, rtol=1e-6)


def test_a_function_that_changes_the_number_of_neurons_is_refused(net, images):
    with pytest.raises(NetworkError, match="shape"):
        splice(net, images, "4", lambda items: items[:, :2])
