"""A harvest gives what a loop over images and positions gives, and leaves the network as it was."""

import sys

import numpy as np
import pytest
import torch
from torch import nn

from activations.networks_in_miniature import Convolutional, Tokens, images, seeded
from sememe.activations import harvest, harvest_layers
from sememe.errors import ActivationsError, NetworkError

# The package's attribute of this name is the function.
harvest_module = sys.modules["sememe.activations.harvest"]


def conv_by_loop(net, pixels):
    """The convolution of `Convolutional`, position by position: (images, rows, columns, neurons)."""
    weight, bias = net.conv.weight.detach().numpy(), net.conv.bias.detach().numpy()
    out = np.zeros((len(pixels), 6, 6, 3))
    padded = np.pad(pixels[:, 0].astype(np.float64), ((0, 0), (1, 1), (1, 1)))
    for image in range(len(pixels)):
        for row in range(6):
            for col in range(6):
                patch = padded[image, 2 * row : 2 * row + 3, 2 * col : 2 * col + 3]
                out[image, row, col] = [(patch * w[0]).sum() + b for w, b in zip(weight, bias, strict=True)]
    return out


def test_a_map_gives_every_position_with_its_image_and_place():
    net, data = Convolutional(), images(4)
    acts = harvest(net, data, "conv")
    expected = conv_by_loop(net, data.floats())
    assert len(acts) == 4 * 36
    for value, image, (row, col) in zip(acts.values, acts.image, acts.position, strict=True):
        np.testing.assert_allclose(value, expected[image, row, col], rtol=1e-4, atol=1e-5)
    assert acts.position[:8].tolist() == [[0, c] for c in range(6)] + [[1, 0], [1, 1]]
    assert acts.grid == (6, 6)
    assert acts.receptive_field.size == (3, 3)
    assert acts.values.dtype == np.float32
    assert (acts.layer, acts.images) == ("conv", "noise")


def test_a_vector_gives_one_item_an_image():
    net, data = Convolutional(), images(7)
    acts = harvest(net, data, "head", batch_size=3)
    with torch.no_grad():
        expected = net(torch.from_numpy(data.floats())).numpy()
    np.testing.assert_allclose(acts.values, expected, rtol=1e-4, atol=1e-5)
    assert acts.image.tolist() == list(range(7))
    assert acts.position is acts.grid is acts.receptive_field is None


def test_tokens_are_a_map_of_one_row():
    data = images(3)
    net = Tokens()
    acts = harvest(net, data, "embed")
    with torch.no_grad():
        expected = net.embed(torch.from_numpy(data.floats())[:, 0]).numpy().reshape(36, 4)
    np.testing.assert_allclose(acts.values, expected, rtol=1e-5, atol=1e-6)
    assert acts.grid == (1, 12)
    assert acts.position[13].tolist() == [0, 1]
    assert acts.image[13] == 1
    assert acts.receptive_field is None


@pytest.mark.parametrize("pool", ["mean", "max"])
def test_a_pooled_map_gives_one_item_an_image(pool):
    net, data = Convolutional(), images(5)
    acts = harvest(net, data, "conv", pool=pool)
    expected = getattr(conv_by_loop(net, data.floats()).reshape(5, 36, 3), pool)(axis=1)
    np.testing.assert_allclose(acts.values, expected, rtol=1e-4, atol=1e-5)
    assert acts.position is None
    assert acts.pool == pool
    assert harvest(net, data, "head", pool=pool).pool is None


def test_moments_are_those_of_the_values():
    acts = harvest(Convolutional(), images(9), "conv", batch_size=2)
    assert acts.moments.count == len(acts)
    np.testing.assert_allclose(acts.moments.mean, acts.values.mean(axis=0, dtype=np.float64), rtol=1e-10)
    np.testing.assert_allclose(acts.moments.variance, acts.values.astype(np.float64).var(axis=0), rtol=1e-10)


@pytest.mark.parametrize("weighted", ["uniform", "ink", "norm"])
def test_sampled_positions_are_rows_of_the_whole_map_whatever_the_batch(weighted):
    net, data = Convolutional(), images(11)
    whole = harvest(net, data, "conv").values.reshape(11, 6, 6, 3)
    sampled = [
        harvest(net, data, "conv", positions_per_image=4, weighted=weighted, seed=2, batch_size=size)
        for size in (1, 4, 11)
    ]
    for acts in sampled:
        assert len(acts) == 44
        assert np.array_equal(acts.position, sampled[0].position)
        assert np.array_equal(acts.image, np.repeat(np.arange(11), 4))
        rows, columns = acts.position.T
        np.testing.assert_allclose(acts.values, whole[acts.image, rows, columns], rtol=1e-5, atol=1e-6)
        assert acts.sampling.weighted == weighted
    other = harvest(net, data, "conv", positions_per_image=4, weighted=weighted, seed=3)
    assert not np.array_equal(other.position, sampled[0].position)


def test_tokens_are_sampled_like_positions():
    acts = harvest(Tokens(), images(6), "embed", positions_per_image=3)
    assert len(acts) == 18
    assert (acts.position[:, 0] == 0).all()


def test_more_positions_than_there_are_keep_all():
    acts = harvest(Convolutional(), images(2), "conv", positions_per_image=99)
    assert len(acts) == 72
    assert acts.sampling is None


def test_ink_draws_positions_that_see_ink():
    data = images(30)
    pixels = np.zeros_like(data.pixels)
    pixels[:, 8:10, 8:10] = 255
    inked = type(data)(pixels, name="dots")
    acts = harvest(Convolutional(), inked, "conv", positions_per_image=2, weighted="ink")
    for row, col in acts.position:
        top, left, bottom, right = acts.receptive_field.box(row, col)
        assert pixels[0, top:bottom, left:right].any()


def test_the_norm_draws_positions_in_proportion_to_it():
    net, data = Convolutional(), images(2000)
    norms = np.linalg.norm(harvest(net, data, "relu").values, axis=1).reshape(2000, 36)
    drawn = harvest(net, data, "relu", positions_per_image=1, weighted="norm")
    expected = ((norms**2).sum(axis=1) / norms.sum(axis=1)).mean()
    # A standard error is 0.1 %; without weights the mean would be 5 % lower.
    assert norms.mean() < 0.97 * expected
    assert np.linalg.norm(drawn.values, axis=1).mean() == pytest.approx(expected, rel=0.01)


def test_several_layers_take_one_pass_and_equal_single_harvests():
    net, data = Convolutional(), images(8)
    several = harvest_layers(net, data, ["head", "conv", "relu"], batch_size=4)
    assert list(several) == ["head", "conv", "relu"]
    for name, acts in several.items():
        np.testing.assert_array_equal(acts.values, harvest(net, data, name, batch_size=4).values)


def test_a_later_in_place_layer_does_not_change_what_was_read():
    both = harvest_layers(Convolutional(), images(3), ["conv", "relu"])
    assert both["conv"].values.min() < 0
    np.testing.assert_array_equal(both["relu"].values, np.maximum(both["conv"].values, 0))


def test_nothing_after_the_last_layer_is_computed():
    class Guarded(Convolutional):
        passes = 0

        def forward(self, images):
            x = self.conv(images)
            Guarded.passes += 1
            return self.head(self.relu(x).flatten(1))

    net = Guarded()
    harvest_layers(net, images(8), ["conv"], batch_size=2)
    # One pass to learn the layers' shapes goes through; those of the harvest and the probe end at conv.
    assert Guarded.passes == 1


def test_the_network_is_left_as_it_was():
    net = nn.Sequential(nn.Flatten(), nn.Linear(144, 6), nn.BatchNorm1d(6), nn.Dropout(0.5)).train()
    net[2].eval()
    mean = net[2].running_mean.clone()
    acts = harvest(net, images(6), "3")
    assert [net.training, net[2].training, net[3].training] == [True, False, True]
    assert torch.equal(net[2].running_mean, mean)
    assert not any(module._forward_hooks for module in net.modules())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in net.parameters())
    np.testing.assert_array_equal(acts.values, harvest(net, images(6), "2").values)  # no dropout


def test_global_randomness_is_not_touched():
    net = Convolutional()
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    harvest(net, images(4), "conv", positions_per_image=2, weighted="ink")
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_colour_images_and_half_precision_networks_give_float32():
    net = seeded(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())).to(torch.bfloat16)
    acts = harvest(net, images(3, channels=3), "0")
    assert acts.values.dtype == np.float32
    assert acts.grid == (10, 10)


def test_progress_rises_to_one():
    told = []
    harvest(Convolutional(), images(5), "conv", batch_size=2, progress=lambda f, note: told.append((f, note)))
    assert [fraction for fraction, _ in told] == [0.4, 0.8, 1.0]
    assert told[-1][1] == "harvest: 5 of 5 images"


def test_an_unknown_layer_names_near_ones():
    with pytest.raises(NetworkError, match=r"no layer 'con'.*conv"):
        harvest(Convolutional(), images(2), "con")


def test_no_layer_at_all_is_refused():
    with pytest.raises(ActivationsError, match="No layer was named"):
        harvest_layers(Convolutional(), images(2), [])


def test_images_that_do_not_fit_are_named():
    with pytest.raises(ActivationsError, match="Convolutional does not take the 3 x 12 x 12 images of noise"):
        harvest(Convolutional(), images(2, channels=3), "conv")


def test_an_output_that_is_no_tensor_is_refused():
    class Pair(nn.Module):
        def forward(self, x):
            return x, x

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.pair = Pair()

        def forward(self, x):
            return self.pair(x)[0]

    with pytest.raises(ActivationsError, match="'pair' returns a tuple"):
        harvest(Net(), images(2), "pair")


def test_an_output_of_five_axes_is_refused():
    net = nn.Sequential(nn.Unflatten(1, (1, 1)))
    with pytest.raises(ActivationsError, match="'0' gives 5 axes"):
        harvest(net, images(2), "0")


def test_a_layer_that_runs_twice_is_refused():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.relu(-self.relu(x))

    with pytest.raises(ActivationsError, match="'relu' runs 2 times"):
        harvest(Twice(), images(2), "relu")


def test_a_layer_that_never_runs_is_refused():
    net = Convolutional()
    net.spare = nn.Linear(2, 2)
    with pytest.raises(ActivationsError, match="'spare' does not run"):
        harvest(net, images(2), "spare")


def test_values_that_are_not_finite_name_layer_and_images():
    net = Convolutional()
    with torch.no_grad():
        net.head.bias[1] = torch.nan
    with pytest.raises(
        ActivationsError, match=r"Layer 'head' on images 0 to 3 of noise: 4 of 20 activations"
    ):
        harvest(net, images(6), "head", batch_size=4)


def test_ink_needs_a_receptive_field():
    with pytest.raises(ActivationsError, match=r"layer 'embed' see is not known.*use uniform or norm"):
        harvest(Tokens(), images(2), "embed", positions_per_image=2, weighted="ink")


def test_rows_that_are_not_images_are_refused():
    net = nn.Sequential(nn.Flatten(0, 2))  # rows of pixels of all images together
    with pytest.raises(ActivationsError, match="'0' gave 60 rows for 5 images"):
        harvest(net, images(5), "0")


def test_large_images_come_in_small_batches(monkeypatch):
    monkeypatch.setattr(harvest_module, "BATCH_BYTES", 3 * 4 * 144)
    told = []
    harvest(Convolutional(), images(7), "conv", progress=lambda fraction, note: told.append(note))
    assert told == [f"harvest: {n} of 7 images" for n in (3, 6, 7)]


def test_too_much_for_memory_asks_for_a_folder(monkeypatch, tmp_path):
    monkeypatch.setattr(harvest_module, "MEMORY_LIMIT", 2000)
    with pytest.raises(ActivationsError, match=r"activations of conv take .* give a folder"):
        harvest(Convolutional(), images(2), "conv")
    assert len(harvest(Convolutional(), images(2), "conv", to=tmp_path / "conv")) == 72
    assert len(harvest(Convolutional(), images(2), "conv", positions_per_image=2)) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [({"batch_size": 0}, "batch size is 0"), ({"positions_per_image": -2}, "positions_per_image is -2")],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ActivationsError, match=message):
        harvest(Convolutional(), images(2), "conv", **options)
