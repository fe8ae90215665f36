"""Matching pursuit: the encoder is the dictionary itself, unrolled on what is still missing."""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Float32, Int
from torch import Tensor
from torch.nn import functional as F

from sememe.dictionaries.items import Items
from sememe.dictionaries.k_sparse_sae import KSparseAutoencoder
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import Nonlinearity, ReLU
from sememe.dictionaries.parameters import check_number
from sememe.dictionaries.revival import auxk_loss
from sememe.dictionaries.step import Losses


class MatchingPursuitModule(SAEModule):
    """k times, the atom with the largest projection of the residual is taken away from it.

    There is no encoder of its own: ``W_enc`` is ``W_dec``. An atom may be taken more than once; its code is
    the sum. Codes pass through ``nonlinearity`` (a ReLU, which changes nothing) for hooks.
    """

    def __init__(self, atoms: Float[Tensor, "components neurons"], k: int) -> None:
        super().__init__(None, None, atoms, atoms.new_zeros(atoms.shape[1]), nonlinearity=ReLU())
        self.k = k

    def pre_codes(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items components"]:
        """Projections of the items, of which the first step takes the largest."""
        return F.linear(x - self.b_dec, self.W_dec)

    def pre_codes_of(
        self, x: Float[Tensor, "items neurons"], components: Int[Tensor, " some"]
    ) -> Float[Tensor, "items some"]:
        return F.linear(x - self.b_dec.detach(), self.W_dec[components])

    def encode(self, x: Float[Tensor, "items neurons"]) -> Float[Tensor, "items components"]:
        codes: Tensor = self.nonlinearity(self._pursue(x)[0])
        return codes

    def _pursue(
        self, x: Float[Tensor, "items neurons"]
    ) -> tuple[Float[Tensor, "items components"], Float[Tensor, "items neurons"]]:
        """Codes, and what they leave of ``x - b_dec``."""
        residual = x - self.b_dec
        codes = x.new_zeros(len(x), self.n_components)
        for _ in range(self.k):
            with torch.no_grad():
                best = (residual @ self.W_dec.T).argmax(dim=1, keepdim=True)
            # The choice has no gradient, the projection has: only the chosen atoms take part in it.
            atoms = self.W_dec[best.squeeze(1)]
            values = torch.relu((residual * atoms).sum(dim=1, keepdim=True))
            codes = codes.scatter_add(1, best, values)
            residual = residual - values * atoms
        return codes, residual


@dataclass(frozen=True)
class MatchingPursuitObjective:
    """Mean squared residual after k steps, and AuxK for the dead components."""

    k_aux: int
    auxk_coefficient: float

    def __call__(
        self,
        module: SAEModule,
        x: Float[Tensor, "items neurons"],
        dead: Bool[Tensor, " components"] | None,
        fraction: float,
    ) -> Losses:
        assert isinstance(module, MatchingPursuitModule)
        codes, residual = module._pursue(x)
        squared_error = residual.square().mean()
        total = squared_error
        if dead is not None and self.auxk_coefficient > 0:
            total = total + self.auxk_coefficient * auxk_loss(module, x, residual, dead, self.k_aux)
        return Losses.of(total, squared_error, codes)


@dataclass(eq=False, repr=False, kw_only=True)
class MatchingPursuitSAE(KSparseAutoencoder):
    """An autoencoder that encodes by matching pursuit: each component sees what the earlier ones left.

    ``r_0 = x - b_dec``; k times ``j = argmax r · atom_j``, ``code_j += ReLU(r · atom_j)``, ``r -= `` that
    times the atom (Costa et al. 2025, "From flat to hierarchical: extracting sparse representations with
    matching pursuit", eq. 5 to 7). It can find components that share a direction, which a single product
    with an encoder cannot tell apart. ``k`` is the number of steps, and so the most components an item has;
    as there is no encoder, ``lift`` is 0. Hyperparameters: ``KSparseAutoencoder`` and ``SparseAutoencoder``.
    """

    def _check_own_hyperparameters(self, items: Items) -> None:
        super()._check_own_hyperparameters(items)
        check_number("lift", self.lift, 0, 0)

    def _nonlinearity(self) -> Nonlinearity:
        return ReLU()

    def _module(self, atoms: Float32[Tensor, "components neurons"]) -> SAEModule:
        return MatchingPursuitModule(atoms, self.k)

    def _objective(self, d_in: int) -> MatchingPursuitObjective:
        return MatchingPursuitObjective(self._k_aux, self.auxk_coefficient)

    def _stored_configuration(self) -> dict[str, Any]:
        own = {"architecture": "matching_pursuit", "max_iterations": self.k, "residual_threshold": 0.0}
        return super()._stored_configuration() | own | {"stop_on_duplicate_support": False}
