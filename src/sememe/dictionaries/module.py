"""The torch module behind every sparse autoencoder: two affine maps with a nonlinearity between them.

Parameters are stored component by component (row ``j`` of both matrices belongs to component ``j``), so
that selecting, updating or replacing a component touches one contiguous row.
"""

from collections.abc import Mapping

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from sememe.dictionaries.nonlinearities import Nonlinearity


class SAEModule(nn.Module):
    """``codes = nonlinearity((x - b_dec) W_encᵀ + b_enc)`` and ``x_hat = codes W_dec + b_dec``.

    Forward hooks reach the codes at ``module.nonlinearity`` (its input are the codes before the
    nonlinearity) and the reconstruction at the module itself.

    Attributes:
        W_enc: encoder, ``(n_components, d_in)``; None where the atoms encode.
        b_enc: encoder bias, ``(n_components,)``; None where the nonlinearity has biases of its own.
        W_dec: atoms, ``(n_components, d_in)``, one a row.
        b_dec: what an item without any active component is reconstructed as, ``(d_in,)``.
    """

    W_enc: nn.Parameter
    b_enc: nn.Parameter

    def __init__(
        self,
        W_enc: Float[Tensor, "components neurons"] | None,
        b_enc: Float[Tensor, " components"] | None,
        W_dec: Float[Tensor, "components neurons"],
        b_dec: Float[Tensor, " neurons"],
        nonlinearity: Nonlinearity,
    ) -> None:
        super().__init__()
        self.register_parameter("W_enc", None if W_enc is None else nn.Parameter(W_enc.clone()))
        self.register_parameter("b_enc", None if b_enc is None else nn.Parameter(b_enc.clone()))
        self.W_dec = nn.Parameter(W_dec.clone())
        self.b_dec = nn.Parameter(b_dec.clone())
        self.nonlinearity = nonlinearity

    @property
    def n_components(self) -> int:
        return self.W_dec.shape[0]

    @property
    def d_in(self) -> int:
        return self.W_dec.shape[1]

    def pre_codes(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items components"]:
        """What the nonlinearity is given: ``(x - b_dec) W_encᵀ + b_enc``."""
        return F.linear(x - self.b_dec, self.W_enc, self.b_enc)

    def pre_codes_of(
        self, x: Float[Tensor, "items neurons"], components: Int[Tensor, " some"]
    ) -> Float[Tensor, "items some"]:
        """``pre_codes`` of some components, with gradients for their parameters but none for ``b_dec``."""
        return F.linear(x - self.b_dec.detach(), self.W_enc[components], self.b_enc[components])

    def encode(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items components"]:
        codes: Tensor = self.nonlinearity(self.pre_codes(x))
        return codes

    def decode(self, codes: Float[Tensor, "items components"]) -> Float[Tensor, "items neurons"]:
        return codes @ self.W_dec + self.b_dec

    def forward(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items neurons"]:
        return self.decode(self.encode(x))

    def component_parameters(self) -> dict[str, nn.Parameter]:
        """The parameters with a row for every component, by name."""
        return {name: value for name, value in self.named_parameters() if name != "b_dec"}

    def lens_tensors(self) -> dict[str, Tensor]:
        """State by the names, and in the orientation, of SAELens: ``W_enc`` is ``(d_in, n_components)``."""
        state = {name.removeprefix("nonlinearity."): value for name, value in self.state_dict().items()}
        return state | ({"W_enc": state["W_enc"].T} if "W_enc" in state else {})

    def load_lens_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """Take over what ``lens_tensors`` gave."""
        own = {"W_enc", "b_enc", "W_dec", "b_dec"}
        state = {name if name in own else f"nonlinearity.{name}": value for name, value in tensors.items()}
        self.load_state_dict(state | ({"W_enc": state["W_enc"].T} if "W_enc" in state else {}))

    @torch.no_grad()
    def scale_biases(self, factor: float) -> None:
        """Make codes grow by ``factor`` with the distance of items from ``b_dec``."""
        if self.b_enc is not None:
            self.b_enc.mul_(factor)
        self.nonlinearity.scale_(factor)

    @torch.no_grad()
    def normalise_atoms(self) -> None:
        """Scale every atom to unit length, as holds after every training step."""
        self.W_dec.div_(self.W_dec.norm(dim=1, keepdim=True).clamp_min(torch.finfo(self.W_dec.dtype).tiny))

    @torch.no_grad()
    def remove_radial_gradient(self) -> None:
        """Remove from each atom's gradient the part along the atom, which normalising would only undo.

        Bricken et al. 2023, "Towards Monosemanticity", appendix "Advice for training".
        """
        gradient = self.W_dec.grad
        if gradient is not None:
            gradient.sub_((gradient * self.W_dec).sum(dim=1, keepdim=True) * self.W_dec)
