"""The digit networks in NumPy give what torch gives."""

import numpy as np
import pytest
import torch

from sememe import images, networks
from sememe.errors import FormatError
from sememe.explorer.live import network as live
from sememe.explorer.live.network import open_network, softmax
from sememe.networks import network as trained


@pytest.fixture(scope="module")
def digits():
    return images.mnist("test")[:64].floats()


@pytest.mark.parametrize("name", ["digit_mlp", "digit_cnn"])
def test_every_layer_equals_torch(folder, digits, name):
    net = networks.load(folder / "network" / name)
    opened = open_network(folder / "network" / name)
    found = opened.forward(digits[:, 0])
    with networks.capture(net, opened.layer_names) as seen, torch.no_grad():
        net(torch.from_numpy(digits))
        for layer, values in seen.items():
            expected = values.numpy() if values.ndim == 2 else values.permute(0, 2, 3, 1).numpy()
            np.testing.assert_allclose(found[layer], expected, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "layer"), [("digit_mlp", "hidden1"), ("digit_cnn", "conv2"), ("digit_cnn", "fc1")]
)
def test_logits_from_an_edited_layer_equal_torch(folder, digits, name, layer):
    net = networks.load(folder / "network" / name)
    opened = open_network(folder / "network" / name)
    edited = opened.forward(digits[:, 0])[layer] * 1.5 + 0.1
    back = torch.from_numpy(edited if edited.ndim == 2 else np.moveaxis(edited, -1, 1).copy())
    with networks.replace(net, layer, lambda output: back), torch.no_grad():
        expected = net(torch.from_numpy(digits)).numpy()
    np.testing.assert_allclose(opened.logits_from(layer, edited), expected, atol=1e-4, rtol=1e-4)


def test_the_last_layer_gives_itself(folder):
    logits = np.eye(10, dtype=np.float32)
    assert open_network(folder / "network" / "digit_mlp").logits_from("logits", logits) is logits


def test_pixels_are_normalised_as_in_training():
    assert (
        np.float32(trained.PIXEL_MEAN),
        np.float32(trained.PIXEL_DEVIATION),
    ) == (live.PIXEL_MEAN, live.PIXEL_DEVIATION)


def test_only_the_layer_on_the_pixels_has_weight_images(folder):
    mlp, cnn = (open_network(folder / "network" / name) for name in ("digit_mlp", "digit_cnn"))
    assert mlp.pixel_weights("hidden1").shape == (16, 28, 28)
    assert mlp.pixel_weights("hidden2") is None
    assert cnn.pixel_weights("conv1") is None


def test_only_the_last_hidden_layer_is_linear_to_the_logits(folder):
    mlp = open_network(folder / "network" / "digit_mlp")
    assert mlp.logit_weights("hidden1") is None
    assert mlp.logit_weights("hidden2").shape == (10, 16)


def test_another_network_is_not_run_live(folder, tmp_path):
    (tmp_path / "config.json").write_text('{"network": "efficientnet"}')
    assert open_network(tmp_path) is None


def test_damaged_weights_are_named(folder, tmp_path):
    (tmp_path / "config.json").write_text('{"network": "digit_mlp"}')
    (tmp_path / "weights.safetensors").write_bytes(b"not weights")
    with pytest.raises(FormatError, match=r"weights\.safetensors does not hold the weights of a digit_mlp"):
        open_network(tmp_path)


def test_softmax_of_large_logits_is_finite():
    shares = softmax(np.array([[1000.0, 0.0]], np.float32))
    np.testing.assert_allclose(shares, [[1, 0]])
