"""AdamW against PyTorch's, the schedule by hand."""

import pytest
import torch
from torch import nn

from sememe.networks.optimiser import AdamW, one_cycle


def test_steps_equal_those_of_torch():
    generator = torch.Generator().manual_seed(0)
    ours = [
        nn.Parameter(torch.randn(4, 3, generator=generator)),
        nn.Parameter(torch.randn(4, generator=generator)),
    ]
    theirs = [nn.Parameter(parameter.detach().clone()) for parameter in ours]
    mine = AdamW(ours, betas=(0.8, 0.95), weight_decay=0.1)
    groups = [{"params": theirs[:1], "weight_decay": 0.1}, {"params": theirs[1:], "weight_decay": 0.0}]
    reference = torch.optim.AdamW(groups, lr=0.01, betas=(0.8, 0.95))
    inputs = torch.randn(20, 5, 3, generator=generator)
    for x in inputs:
        for weight, bias in (ours, theirs):
            ((x @ weight.T + bias) ** 3).mean().backward()
        mine.step(0.01)
        reference.step()
        reference.zero_grad()
    torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_gradients_are_forgotten_after_a_step():
    weight = nn.Parameter(torch.ones(2, 2))
    weight.sum().backward()
    AdamW([weight]).step(0.1)
    assert weight.grad is None


def test_what_needs_no_gradient_or_got_none_stays():
    frozen, unused = nn.Parameter(torch.ones(2, 2), requires_grad=False), nn.Parameter(torch.ones(2, 2))
    AdamW([frozen, unused], weight_decay=1.0).step(0.1)
    assert torch.equal(frozen, torch.ones(2, 2))
    assert torch.equal(unused, torch.ones(2, 2))


def test_one_cycle_rises_to_its_peak_and_falls_to_nearly_nothing():
    rates = [one_cycle(step, steps=10, peak=1.0, warm_up=0.2) for step in range(10)]
    assert rates == pytest.approx([0.5, 1.0, 8 / 9, 7 / 9, 6 / 9, 5 / 9, 4 / 9, 3 / 9, 2 / 9, 1 / 9])


def test_one_step_is_taken_at_the_peak():
    assert one_cycle(0, steps=1, peak=0.3, warm_up=0.2) == pytest.approx(0.3)
