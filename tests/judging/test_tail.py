"""The rest of a network after a layer, against the whole network run with the layer's output replaced."""

import numpy as np
import pytest

from references.small_net import PassesBy, SmallNet, planted
from sememe import activations
from sememe.judging import Tail

IMAGES = planted(20, 5)


@pytest.mark.parametrize("kind", [SmallNet, PassesBy])
@pytest.mark.parametrize("layer", ["conv", "hidden"])
def test_changed_outputs_give_the_logits_of_the_whole_network(kind, layer):
    net = kind()
    tail = Tail(net, layer, IMAGES, "cpu")
    changed = (tail.items * 0.5 + 0.1).astype(np.float32)
    expected = activations.splice(net, IMAGES, layer, lambda items: items * 0.5 + 0.1, device="cpu")
    np.testing.assert_allclose(tail(changed, np.arange(20)), expected, atol=1e-5)
    rows = np.array([7, 7, 3])
    np.testing.assert_allclose(tail(changed[rows], rows), expected[rows], atol=1e-5)


def test_the_jacobian_is_that_of_finite_differences():
    net = SmallNet()
    tail = Tail(net, "hidden", IMAGES, "cpu")
    jacobian = tail.jacobian()
    assert jacobian.shape == (4, 1, 8)
    for neuron in range(8):
        nudged = tail.items.copy()
        nudged[:, 0, neuron] += 0.01
        change = (tail(nudged, np.arange(20)) - tail.logits).mean(axis=0) / 0.01
        np.testing.assert_allclose(jacobian[:, 0, neuron], change, atol=1e-3)
