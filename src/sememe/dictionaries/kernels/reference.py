"""The plain torch reference of the kernels: obvious code on dense matrices, with gradients by autograd.

``PlanObjective`` is what ``FastStep`` computes, for ``step.ReferenceStep``; tests compare the two.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sememe.dictionaries.kernels.plan import BatchTopK, Positive, Selection, StepPlan, TopK
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.step import Losses


def select(pre: Float[Tensor, "items components"], selection: Selection) -> Float[Tensor, "items components"]:
    """The codes: selected pre-activations that are positive, zero elsewhere."""
    match selection:
        case TopK(k):
            values, chosen = pre.topk(k, dim=1)
            return torch.zeros_like(pre).scatter(1, chosen, torch.relu(values))
        case BatchTopK(k):
            values, chosen = pre.reshape(-1).topk(k * len(pre))
            flat = torch.zeros_like(pre).reshape(-1)
            return flat.scatter(0, chosen, torch.relu(values)).reshape(pre.shape)
        case Positive():
            return torch.relu(pre)


@dataclass(frozen=True)
class PlanObjective:
    """The loss of a plan."""

    plan: StepPlan

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        plan = self.plan
        codes = select((x - module.b_dec) @ module.W_enc.T + module.b_enc, plan.selection)
        errors = [
            (codes[:, :prefix] @ module.W_dec[:prefix] + module.b_dec - x).square().mean()
            for prefix in plan.views(module.n_components)[0]
        ]
        total = torch.stack(errors) @ errors[0].new_tensor(plan.views(module.n_components)[1])
        total = total + plan.l1_coefficient / x.numel() * codes.sum()
        if dead is not None and plan.auxk_coefficient > 0:
            left = (x - codes @ module.W_dec - module.b_dec).detach()
            pre = (x - module.b_dec.detach()) @ module.W_enc[dead].T + module.b_enc[dead]
            aux = select(pre, TopK(min(plan.k_aux, pre.shape[1])))
            total = total + plan.auxk_coefficient * (aux @ module.W_dec[dead] - left).square().mean()
        fired = codes.detach() != 0
        return Losses(total, errors[-1].detach(), fired.sum() / x.new_tensor(len(x)), fired.any(dim=0))
