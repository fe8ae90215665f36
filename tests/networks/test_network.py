"""Weights as they are drawn."""

import math

import pytest
import torch

from sememe.networks import registry
from sememe.networks.network import Linear, initialise


def test_weights_of_a_neuron_sum_to_zero_and_have_the_deviation_of_he():
    layer = Linear(400, 300)
    initialise(layer, seed=0)
    torch.testing.assert_close(layer.weight.sum(1), torch.zeros(300), rtol=0, atol=1e-4)
    assert float(layer.weight.detach().std()) == pytest.approx(math.sqrt(2 / 400), rel=0.02)
    assert torch.equal(layer.bias, torch.zeros(300))


@pytest.mark.parametrize("name", sorted(registry()))
def test_building_a_network_moves_no_global_random_state(name):
    before = torch.get_rng_state()
    net = registry()[name](seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    assert net.name == name


def test_no_hidden_neuron_of_the_cnn_is_dead_or_always_on_at_the_start():
    net = registry()["digit_cnn"](seed=0)
    images = (torch.rand(200, 1, 28, 28, generator=torch.Generator().manual_seed(0)) > 0.8).float()
    with torch.no_grad():
        maps = net.conv1(net.normalise(images))
    rate = (maps > 0).float().mean((0, 2, 3))
    assert ((rate > 0) & (rate < 1)).all()
