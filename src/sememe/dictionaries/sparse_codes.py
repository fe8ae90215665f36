"""Codes as the firings alone, for torch: what a dense code matrix holds, without its zeros.

Training a TopK dictionary through these costs memory and time in proportion to the active components:
decoding gathers the active atoms, and gradients are scattered back to their rows.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from sememe.dictionaries.module import SAEModule


@dataclass(frozen=True, eq=False)
class SparseCodes:
    """Codes of some items as in a CSR matrix: the firings of item ``i`` are ``offsets[i]:offsets[i + 1]``.

    Attributes:
        values: the codes that may be non-zero, item after item.
        components: the component of each value.
        offsets: where each item's values begin; one entry more than there are items.
    """

    values: Float[Tensor, " firings"]
    components: Int[Tensor, " firings"]
    offsets: Int[Tensor, " boundaries"]

    @classmethod
    def of_rows(
        cls, values: Float[Tensor, "items active"], components: Int[Tensor, "items active"]
    ) -> "SparseCodes":
        """Those of items that all have the same number of values."""
        offsets = torch.arange(0, values.numel() + 1, values.shape[1], device=values.device)
        return cls(values.reshape(-1), components.reshape(-1), offsets)

    def decode(self, atoms: Float[Tensor, "components neurons"]) -> Float[Tensor, "items neurons"]:
        """The sum of each item's atoms weighted by its codes; differentiable in codes and atoms."""
        return F.embedding_bag(
            self.components,
            atoms,
            self.offsets,
            per_sample_weights=self.values,
            mode="sum",
            include_last_offset=True,
        )

    def fired(self, n_components: int) -> Bool[Tensor, " components"]:
        """Which components are non-zero for any item."""
        fired = torch.zeros(n_components, dtype=torch.bool, device=self.values.device)
        fired[self.components[self.values != 0]] = True
        return fired

    def mean_l0(self) -> Float[Tensor, ""]:
        """Mean number of non-zero codes an item."""
        return (self.values != 0).sum().to(self.values.dtype) / (self.offsets.numel() - 1)


def largest_codes(
    module: SAEModule, x: Float[Tensor, "items neurons"], k: int, *, falling: bool = False
) -> tuple[Float[Tensor, "items active"], Int[Tensor, "items active"]]:
    """Each item's ``k`` largest codes, the negative among them set to 0, and whose they are.

    Their gradient is as sparse as they are. With ``falling`` the largest comes first.
    """
    centred = x - module.b_dec
    with torch.no_grad():
        pre = F.linear(centred, module.W_enc, module.b_enc)
        components = pre.topk(k, dim=1, sorted=falling).indices
    return torch.relu(pre_codes_at(centred, module.W_enc, module.b_enc, pre, components)), components


def pre_codes_at(
    x: Float[Tensor, "items neurons"],
    W_enc: Float[Tensor, "components neurons"],
    b_enc: Float[Tensor, " components"],
    pre: Float[Tensor, "items components"],
    components: Int[Tensor, "items active"],
) -> Float[Tensor, "items active"]:
    """``x W_encᵀ + b_enc`` at the given components only, with a gradient that is as sparse.

    ``pre`` is the whole product, computed without a gradient to select the components from; autograd
    through it would multiply a matrix of ``items x components`` that is zero but for the selected.
    """
    selected: Tensor = _PreCodesAt.apply(x, W_enc, b_enc, pre, components)
    return selected


class _PreCodesAt(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, W_enc: Tensor, b_enc: Tensor, pre: Tensor, components: Tensor) -> Tensor:
        ctx.save_for_backward(x, W_enc, components)
        return pre.gather(1, components)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, W_enc, components = ctx.saved_tensors
        (gradient,) = gradients
        items, active = components.shape
        flat_components, flat = components.reshape(-1), gradient.reshape(-1)
        rows = torch.arange(items, device=x.device).repeat_interleave(active)
        by_component = torch.sparse_coo_tensor(
            torch.stack([flat_components, rows]), flat, (W_enc.shape[0], items), check_invariants=False
        )
        grad_W = torch.sparse.mm(by_component, x)
        grad_b = torch.zeros_like(W_enc[:, 0]).index_add_(0, flat_components, flat)
        grad_x = None
        if ctx.needs_input_grad[0]:
            offsets = torch.arange(0, items * active + 1, active, device=x.device)
            grad_x = F.embedding_bag(
                flat_components, W_enc, offsets, per_sample_weights=flat, mode="sum", include_last_offset=True
            )
        return grad_x, grad_W, grad_b, None, None
