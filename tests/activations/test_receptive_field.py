"""The receptive field found by poison is the one that arithmetic, and changing pixels, give."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from activations.networks_in_miniature import seeded
from sememe.activations.receptive_field import ReceptiveField, probe


def analytic(stages, height):
    """Size, stride and offset of (kernel, stride, padding, dilation) stages, and the map's height."""
    size, jump, offset = 1, 1, 0
    for kernel, stride, padding, dilation in stages:
        extent = dilation * (kernel - 1) + 1
        size += (extent - 1) * jump
        offset -= padding * jump
        jump *= stride
        height = (height + 2 * padding - extent) // stride + 1
    return size, jump, offset, height


def stack(stages, kinds):
    layers, channels = [], 1
    for (kernel, stride, padding, dilation), kind in zip(stages, kinds, strict=True):
        if kind == "conv":
            layers.append(nn.Conv2d(channels, 2, kernel, stride, padding, dilation))
            channels = 2
        elif kind == "max":
            layers.append(nn.MaxPool2d(kernel, stride, padding, dilation))
        else:
            layers.append(nn.AvgPool2d(kernel, stride, padding))
        layers.append(nn.ReLU())
    return seeded(nn.Sequential(*layers))


kinds = st.sampled_from(["conv", "max", "avg"])
# A padding of less than the kernel: no position sees padding alone.
plain = st.tuples(st.integers(2, 4), st.integers(1, 2), st.integers(0, 1), st.just(1))


@given(st.lists(st.tuples(kinds, plain), min_size=1, max_size=3))
@settings(deadline=None, max_examples=15, derandomize=True)
def test_field_of_any_stack_is_that_of_the_formula(drawn):
    stages = [stage for _, stage in drawn]
    height = 18
    size, stride, offset, n_rows = analytic(stages, height)
    field = probe(stack(stages, [kind for kind, _ in drawn]), torch.zeros(1, 1, height, height))
    assert field.grid == (n_rows, n_rows)
    assert field.rows == field.columns
    inside = [row for row in range(n_rows) if 0 <= offset + stride * row <= height - size]
    for row in inside:
        assert field.rows[row] == (offset + stride * row, offset + stride * row + size)
    for row in range(n_rows):  # a last line that a stride leaves over is in the formula's box, but not seen
        start, stop = field.rows[row]
        assert max(0, offset + stride * row) == start
        assert stop <= min(height, offset + stride * row + size)
    if len(inside) > 1:
        assert (field.size, field.stride, field.offset) == ((size,) * 2, (stride,) * 2, (offset,) * 2)


def test_field_of_dilated_convolutions_is_the_hull():
    stages = [(3, 2, 0, 2), (2, 1, 0, 3)]
    size, stride, offset, rows = analytic(stages, 24)
    field = probe(stack(stages, ["conv", "conv"]), torch.zeros(1, 1, 24, 24))
    assert field.grid == (rows, rows)
    assert (field.size, field.stride, field.offset) == ((size,) * 2, (stride,) * 2, (offset,) * 2)


def test_a_strip_of_a_wide_image_tells_the_same():
    net = seeded(nn.Sequential(nn.Conv2d(1, 1, 5, 2, 2), nn.MaxPool2d(2)))
    wide, small = probe(net, torch.zeros(1, 1, 24, 150)), probe(net, torch.zeros(1, 1, 24, 24))
    assert wide.rows == small.rows
    assert wide.columns[: len(small.columns) - 2] == small.columns[:-2]
    assert wide.columns[-1] == (142, 149)


def test_a_network_that_insists_on_its_size_is_probed_at_it():
    class Strict(nn.Module):
        def forward(self, x):
            assert x.shape[3] == 80, "wrong size"
            return nn.functional.max_pool2d(x, 2)

    assert probe(Strict(), torch.zeros(1, 1, 6, 80)).rows == ((0, 2), (2, 4), (4, 6))


def test_size_stride_and_offset_of_a_hand_case():
    net = seeded(nn.Sequential(nn.Conv2d(1, 2, 5, 2, 2), nn.ReLU(), nn.Conv2d(2, 2, 3, 1, 1), nn.ReLU()))
    field = probe(net, torch.zeros(1, 1, 28, 20))
    assert (field.size, field.stride, field.offset) == ((9, 9), (2, 2), (-4, -4))
    assert field.grid == (14, 10)
    assert field.box(0, 0) == (0, 0, 5, 5)
    assert field.box(5, 4) == (6, 4, 15, 13)
    assert field.box(13, 9) == (22, 14, 28, 20)


def test_only_pixels_in_the_box_change_a_position():
    net = seeded(
        nn.Sequential(nn.Conv2d(1, 3, 4, 2, 1), nn.Tanh(), nn.Conv2d(3, 2, 2, 2), nn.Tanh())
    ).double()
    image = torch.rand(1, 1, 14, 14, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    field = probe(net, image)
    others = image.repeat(196, 1, 1, 1)
    others.view(196, 196).diagonal().add_(1)  # one pixel of each
    before = net(image)
    changed = (net(others) != before).any(dim=1).unflatten(0, (14, 14))
    for row in range(before.shape[2]):
        for col in range(before.shape[3]):
            seen = changed[:, :, row, col].nonzero()
            top, left = seen.min(dim=0).values.tolist()
            bottom, right = (seen.max(dim=0).values + 1).tolist()
            assert field.box(row, col) == (top, left, bottom, right)


def test_weights_of_zero_and_dead_relus_hide_nothing():
    conv = nn.Conv2d(1, 2, 3)
    nn.init.zeros_(conv.weight)
    nn.init.constant_(conv.bias, -1.0)
    field = probe(nn.Sequential(conv, nn.ReLU(), nn.MaxPool2d(2)), torch.zeros(1, 1, 8, 8))
    assert (field.size, field.stride) == ((4, 4), (2, 2))


def test_uneven_positions_have_exact_boxes():
    field = probe(nn.AdaptiveAvgPool2d(3), torch.zeros(1, 1, 7, 7))
    assert field.rows == ((0, 3), (2, 5), (4, 7))
    assert probe(nn.AdaptiveAvgPool2d(3), torch.zeros(1, 1, 8, 8)).rows == ((0, 3), (2, 6), (5, 8))


def test_a_layer_that_pools_everything_sees_the_whole_image():
    class Excited(nn.Module):
        def forward(self, x):
            return x * x.mean(dim=(2, 3), keepdim=True)

    field = probe(Excited(), torch.zeros(1, 2, 6, 5))
    assert (field.size, field.stride, field.offset) == ((6, 5), (0, 0), (0, 0))
    assert field.box(5, 4) == (0, 0, 6, 5)


def test_a_layer_that_no_poison_reaches_has_no_known_field():
    class Cleaning(nn.Module):
        def forward(self, x):
            return x.nan_to_num()

    assert probe(Cleaning(), torch.zeros(1, 1, 4, 4)) is None


@pytest.mark.parametrize("channels_last", [False, True])
def test_memory_layout_and_low_precision_do_not_matter(channels_last):
    net = seeded(
        nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1))
    )
    example = torch.zeros(1, 3, 40, 40)
    if channels_last:
        net = net.to(torch.bfloat16, memory_format=torch.channels_last)
        example = example.to(torch.bfloat16)
    with torch.inference_mode():
        field = probe(net, example)
    assert (field.size, field.stride, field.offset) == ((8, 8), (2, 2), (-3, -3))


def test_a_field_is_compared_by_value():
    assert ReceptiveField(((0, 2),), ((0, 3),)) == ReceptiveField(((0, 2),), ((0, 3),))
