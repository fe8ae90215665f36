"""The torch module behind a transcoder: an autoencoder whose output is another layer than its input."""

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from sememe.dictionaries.layer_standardisation import LayerStandardisation
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import Nonlinearity


class TranscoderModule(SAEModule):
    """``codes = nonlinearity(x W_encᵀ + b_enc)`` and ``y_hat = codes W_dec + b_dec + x W_skipᵀ``.

    The input is not centred, as ``b_dec`` lies in the later layer.

    Attributes:
        W_enc: encoder, ``(n_components, d_in)``.
        W_dec: atoms, ``(n_components, d_out)``.
        W_skip: the linear map past the codes, ``(d_out, d_in)``; None: there is none.
    """

    W_skip: nn.Parameter | None

    def __init__(
        self,
        W_enc: Float[Tensor, "components neurons"],
        b_enc: Float[Tensor, " components"],
        W_dec: Float[Tensor, "components neurons_out"],
        b_dec: Float[Tensor, " neurons_out"],
        W_skip: Float[Tensor, "neurons_out neurons"] | None,
        nonlinearity: Nonlinearity,
    ) -> None:
        # An autoencoder's encoder has the width of its atoms; this one has that of another layer.
        super().__init__(None, b_enc, W_dec, b_dec, nonlinearity)
        self.W_enc = nn.Parameter(W_enc.clone())
        self.register_parameter("W_skip", None if W_skip is None else nn.Parameter(W_skip.clone()))

    @property
    def d_in(self) -> int:
        return self.W_enc.shape[1]

    @property
    def d_out(self) -> int:
        return self.W_dec.shape[1]

    def pre_codes(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items components"]:
        return F.linear(x, self.W_enc, self.b_enc)

    def pre_codes_of(
        self, x: Float[Tensor, "items neurons"], components: Int[Tensor, " some"]
    ) -> Float[Tensor, "items some"]:
        return F.linear(x, self.W_enc[components], self.b_enc[components])

    def skip(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items neurons_out"] | float:
        """What goes past the codes: ``x W_skipᵀ``, or 0."""
        return 0.0 if self.W_skip is None else F.linear(x, self.W_skip)

    def forward(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items neurons_out"]:
        return self.decode(self.encode(x)) + self.skip(x)

    def component_parameters(self) -> dict[str, nn.Parameter]:
        return {name: value for name, value in super().component_parameters().items() if name != "W_skip"}

    def load_lens_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        self.load_state_dict({**tensors, "W_enc": tensors["W_enc"].T})

    @torch.no_grad()
    def fold(self, standardisation: LayerStandardisation) -> None:
        """Turn a module of standardised layers into the same function of raw ones, in place.

        Atoms keep their length; codes come out in the later layer's units.
        """
        mean = torch.from_numpy(standardisation.mean).to(self.W_enc.device)
        centre, target = mean[: self.d_in], mean[self.d_in :]
        scale, target_scale = standardisation.layer_scales.tolist()
        self.W_enc.mul_(target_scale / scale)
        self.b_enc.copy_(target_scale * self.b_enc.double() - self.W_enc.double() @ centre)
        self.b_dec.copy_(target + target_scale * self.b_dec.double())
        if self.W_skip is not None:
            self.W_skip.mul_(target_scale / scale)
            self.b_dec.copy_(self.b_dec.double() - self.W_skip.double() @ centre)
        self.nonlinearity.scale_(target_scale)
