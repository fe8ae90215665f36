"""What autoencoders of several layers share: two ways to be sparse, and a fit that is whole."""

from dataclasses import dataclass
from typing import Any

from sklearn.utils.metaestimators import available_if

from sememe.dictionaries.items import Items
from sememe.dictionaries.parameters import check_choice, check_integer, check_number
from sememe.dictionaries.sae import SparseAutoencoder


@dataclass(eq=False, repr=False, kw_only=True)
class SeveralLayersAutoencoder(SparseAutoencoder):
    """Base of transcoders and crosscoders. Other hyperparameters: ``SparseAutoencoder``.

    ``centring`` is by the mean. There is no ``partial_fit``.

    Args:
        sparsity: "topk", or "l1" for a ReLU with an L1 penalty.
        k: components kept for an item, at most ``n_components``; with "topk".
        l1_coefficient: weight of the penalty; with "l1".
        k_aux: dead components kept for an item by AuxK; None: ``4 k``.
        auxk_coefficient: weight of AuxK (Gao et al. 2024, appendix A.2); 0: dead components stay dead.
    """

    sparsity: str = "topk"
    k: int = 8
    l1_coefficient: float = 1.0
    k_aux: int | None = None
    auxk_coefficient: float = 3.0

    @available_if(lambda self: False)
    def partial_fit(self, X: Any, y: Any = None) -> Any:
        """Not available: see the class."""

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_choice("centring", self.centring, ("mean",))
        check_choice("sparsity", self.sparsity, ("topk", "l1"))
        if self.sparsity == "topk":
            check_integer("k", self.k, 1, self.n_components, "n_components")
        check_number("l1_coefficient", self.l1_coefficient, 0)
        if self.k_aux is not None:
            check_integer("k_aux", self.k_aux, 1)
        check_number("auxk_coefficient", self.auxk_coefficient, 0)

    @property
    def _penalty(self) -> float:
        return self.l1_coefficient if self.sparsity == "l1" else 0.0

    @property
    def _k_aux(self) -> int:
        return self.k_aux or 4 * self.k
