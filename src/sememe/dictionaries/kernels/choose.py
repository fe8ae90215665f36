"""The one place that chooses between compiled kernels and torch.

Kernels serve contiguous float32 parameters on the processor. Everything else (a GPU, another precision,
a loss that is not a ``StepPlan``) goes to torch.
"""

from typing import Protocol, runtime_checkable

import numpy as np
import torch

from sememe.dictionaries.kernels.adaptive import AdaptiveStep
from sememe.dictionaries.kernels.encode import decode, encode_above, encode_top_k
from sememe.dictionaries.kernels.fast_step import PARAMETERS, FastStep
from sememe.dictionaries.kernels.plan import BatchTopK, Positive, StepPlan, TopK
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.step import Objective, ReferenceStep, TrainingStep


@runtime_checkable
class Planned(Protocol):
    """An objective that the kernels know: its whole loss is a plan."""

    def plan(self) -> StepPlan: ...


def training_step(module: SAEModule, objective: Objective, clip_norm: float | None) -> TrainingStep:
    """The fastest step that computes this objective on this module."""
    if not isinstance(objective, Planned) or not has_kernels_for(module):
        return ReferenceStep(module, objective, clip_norm)
    plan = objective.plan()
    fast = FastStep(dict(module.named_parameters()), plan, clip_norm=clip_norm)
    if isinstance(plan.selection, Positive):
        return AdaptiveStep(fast, ReferenceStep(module, objective, clip_norm))
    return fast


def has_kernels_for(module: SAEModule) -> bool:
    """Whether a module's parameters are what the kernels work on: these four and no others."""
    parameters = dict(module.named_parameters())
    return set(parameters) == set(PARAMETERS) and all(
        p.device.type == "cpu" and p.dtype == torch.float32 and p.is_contiguous() for p in parameters.values()
    )


def warm_up() -> None:
    """Compile every kernel for float32, where the cache on disk has none; about half a minute."""
    from sememe.dictionaries.kernels.plan import Positive
    from sememe.dictionaries.kernels.pursuit import pursue

    rng = np.random.default_rng(0)
    d_in, x = 8, torch.from_numpy(rng.standard_normal((64, 8), dtype=np.float32))
    # Of many components the k largest are found by bytes, of few by torch's product.
    for n_components, selection in ((64, TopK(2)), (6, TopK(2)), (64, BatchTopK(2)), (64, Positive())):
        atoms = rng.standard_normal((n_components, d_in), dtype=np.float32)
        atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
        arrays = {
            "W_enc": atoms.copy(),
            "b_enc": np.zeros(n_components, np.float32),
            "W_dec": atoms,
            "b_dec": np.zeros(d_in, np.float32),
        }
        parameters = {name: torch.from_numpy(array) for name, array in arrays.items()}
        FastStep(parameters, StepPlan(selection)).step(x, 1e-3)
        if isinstance(selection, TopK):
            codes = encode_top_k(x.numpy(), atoms, arrays["b_enc"], arrays["b_dec"], selection.k)
            decode(codes, atoms, arrays["b_dec"])
    pursue(x.numpy(), atoms, 2)
    encode_above(x.numpy(), atoms, arrays["b_enc"], arrays["b_dec"], arrays["b_enc"])
