"""What a transcoder minimises: the error in the later layer, and what keeps its codes sparse and alive."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.revival import auxk_loss
from sememe.dictionaries.sparse_codes import SparseCodes, pre_codes_at
from sememe.dictionaries.step import Losses
from sememe.dictionaries.transcoder_module import TranscoderModule


@dataclass(frozen=True)
class TranscoderObjective:
    """``mean (y - y_hat)^2 + l1_coefficient / d_out * mean_items sum codes + auxk_coefficient * auxk_loss``.

    A batch is ``[x, y]`` side by side. With ``k``, only the k largest codes of an item are kept.
    """

    k: int | None
    l1_coefficient: float
    k_aux: int
    auxk_coefficient: float

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items both_layers"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        assert isinstance(module, TranscoderModule)
        given, wanted = x[:, : module.d_in], x[:, module.d_in :]
        if self.k is None:
            codes = module.encode(given)
            decoded = codes @ module.W_dec
            penalty = codes.sum() * (self.l1_coefficient / wanted.numel())
            firings = codes.detach() != 0
            l0, fired = firings.sum().to(x.dtype) / len(x), firings.any(dim=0)
        else:
            kept = _largest(module, given, self.k)
            decoded, penalty = kept.decode(module.W_dec), wanted.new_zeros(())
            l0, fired = kept.mean_l0(), kept.fired(module.n_components)
        left = wanted - (decoded + module.b_dec + module.skip(given))
        squared_error = left.square().mean()
        total = squared_error + penalty
        if dead is not None and self.auxk_coefficient > 0:
            total = total + self.auxk_coefficient * auxk_loss(module, given, left, dead, self.k_aux)
        return Losses(total, squared_error.detach(), l0, fired)


def _largest(module: TranscoderModule, x: Float[Tensor, "items neurons"], k: int) -> SparseCodes:
    with torch.no_grad():
        pre = module.pre_codes(x)
        components = pre.topk(k, dim=1, sorted=False).indices
    values = torch.relu(pre_codes_at(x, module.W_enc, module.b_enc, pre, components))
    return SparseCodes.of_rows(values, components)
