"""Optimisers by name, all of torch's own, with state that can be read and loaded before the first step."""

from collections.abc import Callable

import torch
from torch import nn

# Adam's, for every implementation of a step (Kingma & Ba 2015).
ADAM_BETAS = (0.9, 0.999)
ADAM_EPSILON = 1e-8

_OPTIMISERS: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "adam": lambda parameters: torch.optim.Adam(parameters, lr=0.0, betas=ADAM_BETAS, eps=ADAM_EPSILON),
    "adamw": lambda parameters: torch.optim.AdamW(parameters, lr=0.0, betas=ADAM_BETAS, eps=ADAM_EPSILON),
    "nadam": lambda parameters: torch.optim.NAdam(parameters, lr=0.0),
    "radam": lambda parameters: torch.optim.RAdam(parameters, lr=0.0),
    "rmsprop": lambda parameters: torch.optim.RMSprop(parameters, lr=0.0),
    "sgd": lambda parameters: torch.optim.SGD(parameters, lr=0.0, momentum=0.9),
}

OPTIMISERS = tuple(_OPTIMISERS)

# State that is one number for all parameters, and what it is before the first step.
SHARED_STATE = {"step": 0.0, "mu_product": 1.0}


def optimiser(name: str, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """An optimiser with torch's defaults (momentum 0.9 for "sgd"); its learning rate is set step by step."""
    made = _OPTIMISERS[name](parameters)
    # A step of no length makes the state, whatever the optimiser keeps; then it is as before any step.
    for parameter in parameters:
        parameter.grad = torch.zeros_like(parameter)
    made.step()
    made.zero_grad(set_to_none=True)
    for kept in made.state.values():
        for key, value in kept.items():
            value.fill_(SHARED_STATE.get(key, 0.0))
    return made
