"""Layers by name: what can be studied, what cannot and why."""

import pytest
import torch
from torch import nn

from sememe.errors import NetworkError
from sememe.networks import digit_mlp, find, layers


class Mixed(nn.Module):
    """A module of every sort: a map, tokens, a tuple, a flat tensor, one run twice, one never run."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 6, 3)
        self.relu = nn.ReLU()
        self.attention = nn.MultiheadAttention(6, 2, batch_first=True)
        self.norm = nn.LayerNorm(6)
        self.head = nn.Linear(6, 3)
        self.flat = nn.Flatten(0)
        self.spare = nn.Linear(2, 2)

    def forward(self, images):
        maps = self.relu(self.conv(images))
        tokens = maps.flatten(2).transpose(1, 2)
        attended, _ = self.attention(tokens, tokens, tokens)
        logits = self.relu(self.head(self.norm(attended).mean(1)))
        self.flat(logits)
        return logits


def mixed():
    net = Mixed()
    return {layer.name: layer for layer in layers(net, torch.zeros(2, 1, 8, 8))}


def test_kinds_shapes_and_neurons():
    found = mixed()
    assert [(found[n].kind, found[n].shape, found[n].n_neurons) for n in ("conv", "norm", "head")] == [
        ("map", (6, 6, 6), 6),
        ("tokens", (36, 6), 6),
        ("vector", (3,), 3),
    ]
    assert found["conv"].module == "Conv2d"


def test_parameters_are_counted_with_those_of_inner_modules():
    found = mixed()
    assert found["conv"].n_parameters == 6 * 9 + 6
    assert found["attention"].n_parameters == 3 * 6 * 6 + 3 * 6 + 6 * 6 + 6
    assert found["relu"].n_parameters == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("attention", "returns a tuple, not a tensor"),
        ("relu", "runs 2 times in one forward pass"),
        ("spare", "does not run in the forward pass"),
        ("flat", "gives 1 axes; 2 to 4 are understood"),
    ],
)
def test_a_layer_that_cannot_be_studied_says_why(name, reason):
    layer = mixed()[name]
    assert layer.unusable == reason
    assert layer.n_neurons is None
    assert layer.kind == "other"


def test_every_named_module_is_listed_in_order():
    net = digit_mlp()
    listed = [layer.name for layer in layers(net, torch.zeros(1, 1, 28, 28))]
    assert listed == [name for name, _ in net.named_modules() if name]


def test_listing_leaves_no_hook_and_no_mode_behind():
    net = digit_mlp().train()
    layers(net, torch.zeros(1, 1, 28, 28))
    assert net.training
    assert not any(module._forward_hooks for module in net.modules())


def test_find_gives_the_module_of_a_dotted_name():
    net = digit_mlp()
    assert find(net, "hidden1.linear") is net.hidden1.linear


@pytest.mark.parametrize("name", ["hiden1", "", "layer7"])
def test_an_unknown_layer_lists_near_names_and_the_command(name):
    with pytest.raises(NetworkError, match=r"DigitMLP has no layer .*near names: .*hidden1.*`sememe layers`"):
        find(digit_mlp(), name)
