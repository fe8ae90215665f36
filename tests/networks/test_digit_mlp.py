"""The network of the series, as its viewers know it."""

import torch

from networks.bars import bars, weights
from sememe.networks import capture, digit_mlp, evaluate, layers, train


def test_it_has_13002_weights_and_biases():
    assert sum(parameter.numel() for parameter in digit_mlp().parameters()) == 13_002


def test_layers_are_16_16_and_10_wide():
    by_name = {layer.name: layer for layer in layers(digit_mlp(), torch.zeros(1, 1, 28, 28))}
    assert [by_name[name].shape for name in ("hidden1", "hidden2", "logits")] == [(16,), (16,), (10,)]


def test_a_hidden_layer_is_seen_after_its_sigmoid():
    net = digit_mlp(seed=3)
    images = torch.rand(5, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    with capture(net, ["hidden1", "hidden2"]) as seen, torch.no_grad():
        logits = net(images)
    linear1, linear2 = net.hidden1.linear, net.hidden2.linear
    pixels = ((images - 0.1307) / 0.3081).reshape(5, 784)
    hidden1 = 1 / (1 + torch.exp(-(pixels @ linear1.weight.T + linear1.bias)))
    hidden2 = 1 / (1 + torch.exp(-(hidden1 @ linear2.weight.T + linear2.bias)))
    torch.testing.assert_close(seen["hidden1"], hidden1)
    torch.testing.assert_close(seen["hidden2"], hidden2)
    torch.testing.assert_close(logits, hidden2 @ net.logits.weight.T + net.logits.bias)


def test_the_seed_decides_the_weights():
    assert torch.equal(weights(digit_mlp(seed=1)), weights(digit_mlp(seed=1)))
    assert not torch.equal(weights(digit_mlp(seed=1)), weights(digit_mlp(seed=2)))


def test_hidden_layers_can_be_made_wider():
    net = digit_mlp(hidden1=32, hidden2=8)
    with capture(net, ["hidden1", "hidden2"]) as seen:
        net(torch.zeros(1, 1, 28, 28))
    assert (seen["hidden1"].shape, seen["hidden2"].shape) == ((1, 32), (1, 8))


def test_it_learns_to_tell_bars_apart():
    net = digit_mlp()
    train(net, bars(2000), batch_size=50)
    assert evaluate(net, bars(200, seed=1)).accuracy == 1.0
