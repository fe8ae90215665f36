"""The torch module behind a crosscoder: an autoencoder of several layers at once, with one code."""

import torch
from jaxtyping import Float
from torch import Tensor

from sememe.dictionaries.initialisation import tied
from sememe.dictionaries.layer_standardisation import LayerStandardisation
from sememe.dictionaries.module import SAEModule
from sememe.dictionaries.nonlinearities import Nonlinearity


class WeightedTopK(Nonlinearity):
    """Each item's ``k`` codes with the largest ``weight * z`` are kept, the negative among them set to 0.

    Attributes:
        weights: of each component, above 0.
    """

    weights: Tensor

    def __init__(self, k: int, n_components: int) -> None:
        super().__init__()
        self.k = k
        self.register_buffer("weights", torch.ones(n_components))

    def forward(self, pre: Float[Tensor, "items components"]) -> Float[Tensor, "items components"]:
        components = (pre.detach() * self.weights).topk(self.k, dim=1, sorted=False).indices
        return torch.zeros_like(pre).scatter(1, components, torch.relu(pre.gather(1, components)))

    def extra_repr(self) -> str:
        return f"k={self.k}"


class CrosscoderModule(SAEModule):
    """An autoencoder of ``[x_1, ..., x_L]``: the layers add up in the encoder, and each has its own atoms.

    Atoms have unit length over all layers together; how it is shared out among them is learned.

    Attributes:
        widths: numbers of neurons of the layers.
    """

    def __init__(
        self,
        atoms: Float[Tensor, "components neurons"],
        widths: tuple[int, ...],
        nonlinearity: Nonlinearity,
    ) -> None:
        super().__init__(**tied(atoms), nonlinearity=nonlinearity)
        self.widths = widths
        self._weigh()

    def layer_norms(self) -> Float[Tensor, "components layers"]:
        """Lengths of the atoms' parts in each layer."""
        return torch.stack([part.norm(dim=1) for part in self.W_dec.split(list(self.widths), dim=1)], dim=1)

    @torch.no_grad()
    def normalise_atoms(self) -> None:
        super().normalise_atoms()
        self._weigh()

    @torch.no_grad()
    def fold(self, standardisation: LayerStandardisation) -> None:
        """Turn a module of standardised layers into the same function of raw ones, in place.

        Atoms have unit length in raw units then and codes are in these units; what ``WeightedTopK`` selects
        by remains as it was.
        """
        mean = torch.from_numpy(standardisation.mean).to(self.W_dec.device)
        scales = torch.from_numpy(standardisation.neuron_scales).to(self.W_dec.device)
        atoms = self.W_dec.double() * scales
        lengths = atoms.norm(dim=1)
        self.W_dec.copy_(atoms / lengths[:, None])
        self.W_enc.copy_(self.W_enc.double() * lengths[:, None] / scales)
        self.b_enc.mul_(lengths)
        self.b_dec.copy_(mean + scales * self.b_dec.double())
        if isinstance(self.nonlinearity, WeightedTopK):
            self.nonlinearity.weights.div_(lengths)

    def _weigh(self) -> None:
        """What a code costs: the sum over layers of its atom's lengths there."""
        if isinstance(self.nonlinearity, WeightedTopK):
            self.nonlinearity.weights.copy_(self.layer_norms().detach().sum(dim=1))
