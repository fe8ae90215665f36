"""One whole training step of a TopK dictionary: ours and others, on the same synthetic work."""

from collections.abc import Callable

import torch
from torch import Tensor

from sememe.dictionaries.kernels.fast_step import FastStep
from sememe.dictionaries.kernels.plan import StepPlan, TopK


def make_step(d_in: int, n_components: int, k: int) -> Callable[[Tensor], float]:
    """A freshly initialised TopK dictionary's training step: batch ``(items, d_in)`` in, loss out."""
    generator = torch.Generator().manual_seed(0)
    atoms = torch.randn(n_components, d_in, generator=generator)
    atoms /= atoms.norm(dim=1, keepdim=True)
    parameters = {
        "W_enc": atoms.clone(),
        "b_enc": torch.zeros(n_components),
        "W_dec": atoms,
        "b_dec": torch.zeros(d_in),
    }
    step = FastStep(parameters, StepPlan(TopK(k)), clip_norm=1.0)
    return lambda x: step.step(x, 5e-4).loss
