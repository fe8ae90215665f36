"""Reading layers and replacing them, against the same computation by hand."""

import pytest
import torch
from torch import nn

from networks.bars import small_classifier
from sememe.errors import NetworkError
from sememe.networks import capture, replace, run_to

IMAGES = torch.rand(3, 1, 8, 8, generator=torch.Generator().manual_seed(0))


class TwiceAndTuple(nn.Module):
    def __init__(self):
        super().__init__()
        self.relu = nn.ReLU()
        self.lstm = nn.LSTM(4, 4)
        self.spare = nn.Identity()

    def forward(self, x):
        return self.lstm(self.relu(self.relu(x)))[0]


def test_several_layers_are_seen_in_one_forward_pass():
    net, passes = small_classifier(), []
    net.register_forward_hook(lambda *_: passes.append(1))
    with capture(net, ["1", "4"]) as seen:
        out = net(IMAGES)
    torch.testing.assert_close(seen["1"], net[1](IMAGES.flatten(1)))
    assert seen["4"] is out
    assert len(passes) == 1


def test_a_second_pass_takes_the_place_of_the_first():
    net = small_classifier()
    with capture(net, ["1"]) as seen:
        net(IMAGES)
        net(IMAGES[:1])
    assert seen["1"].shape == (1, 16)


def test_nothing_is_seen_and_no_hook_stays_after_the_block():
    net = small_classifier()
    with pytest.raises(KeyError), capture(net, ["1"]) as seen:
        raise KeyError
    net(IMAGES)
    assert seen == {}
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())


def test_a_pass_up_to_a_layer_runs_nothing_behind_it():
    net, ran = small_classifier(), []
    net[4].register_forward_hook(lambda *_: ran.append(4))
    seen = run_to(net, ["1", "2"], IMAGES)
    torch.testing.assert_close(seen["2"], net[1](IMAGES.flatten(1)).clamp(min=0))
    assert set(seen) == {"1", "2"}
    assert ran == []
    assert net(IMAGES).shape == (3, 4)


def test_a_replacement_goes_on_in_place_of_the_layers_output():
    net = small_classifier()
    with replace(net, "2", lambda activation: activation * 2 + 1):
        spliced = net(IMAGES)
    hidden = net[1](IMAGES.flatten(1)).clamp(min=0)
    torch.testing.assert_close(spliced, net[4](hidden * 2 + 1))
    torch.testing.assert_close(net(IMAGES), net[4](hidden))


def test_gradients_flow_through_a_replacement():
    net = small_classifier()
    shift = torch.zeros(16, requires_grad=True)
    with replace(net, "2", lambda activation: activation + shift):
        net(IMAGES)[0, 3].backward()
    torch.testing.assert_close(shift.grad, net[4].weight[3].detach())


def test_a_replacement_of_another_shape_is_refused():
    net = small_classifier()
    with (
        pytest.raises(NetworkError, match=r"'2' has shape \(3, 4\), but the layer gives \(3, 16\)"),
        replace(net, "2", lambda activation: activation[:, :4]),
    ):
        net(IMAGES)


def test_a_layer_that_returns_a_tuple_is_named():
    net = TwiceAndTuple()
    with pytest.raises(NetworkError, match="'lstm' returns a tuple"), capture(net, ["lstm"]):
        net(torch.zeros(2, 4))
    with pytest.raises(NetworkError, match="'lstm' returns a tuple"), replace(net, "lstm", lambda x: x):
        net(torch.zeros(2, 4))


def test_a_layer_that_runs_twice_is_named():
    net = TwiceAndTuple()
    with pytest.raises(NetworkError, match="'relu' runs twice"), capture(net, ["relu"]):
        net(torch.zeros(2, 4))


def test_a_layer_that_does_not_run_is_named():
    with pytest.raises(NetworkError, match="'spare' did not run"):
        run_to(TwiceAndTuple(), ["spare"], torch.zeros(2, 4))


def test_an_unknown_layer_is_refused_at_once():
    net = small_classifier()
    with pytest.raises(NetworkError, match="no layer 'fc9'"), capture(net, ["1", "fc9"]):
        pytest.fail("the block must not be entered")
    assert not any(module._forward_hooks for module in net.modules())
