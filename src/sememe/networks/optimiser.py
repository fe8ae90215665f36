"""AdamW and the one-cycle schedule, in a page.

``torch.optim`` would do, but its first use imports PyTorch's compiler: 0.9 s, a large part of what a digit
network takes to train.
"""

import math
from collections.abc import Iterable

import torch
from torch import nn


class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2); biases are not decayed."""

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        betas: tuple[float, float] = (0.9, 0.999),
        weight_decay: float = 0.0,
        eps: float = 1e-8,
    ) -> None:
        self.parameters = [p for p in parameters if p.requires_grad]
        self.weight_decay = weight_decay
        self.betas = betas
        self.eps = eps
        self.steps = 0
        self.means = [torch.zeros_like(p) for p in self.parameters]
        self.squares = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """One update with the gradients that ``backward`` left, which are then forgotten."""
        self.steps += 1
        beta1, beta2 = self.betas
        size = learning_rate / (1 - beta1**self.steps)
        unbias = 1 / math.sqrt(1 - beta2**self.steps)
        for p, mean, square in zip(self.parameters, self.means, self.squares, strict=True):
            if p.grad is None:
                continue
            mean.lerp_(p.grad, 1 - beta1)
            square.mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
            if self.weight_decay and p.ndim > 1:
                p.mul_(1 - learning_rate * self.weight_decay)
            p.addcdiv_(mean, square.sqrt().mul_(unbias).add_(self.eps), value=-size)
            p.grad = None


def one_cycle(step: int, steps: int, peak: float, warm_up: float) -> float:
    """Learning rate of step 0 .. steps-1: a straight rise to ``peak``, then a straight fall to nearly zero.

    ``warm_up`` is the rise's share of the steps (after Smith & Topin 2019, without the momentum cycle).
    """
    rise = max(1.0, warm_up * steps)
    done = step + 1
    return peak * min(done / rise, (steps + 1 - done) / (steps + 1 - rise))
