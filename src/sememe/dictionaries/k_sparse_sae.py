"""What autoencoders share that keep a set number of components, and how those that are never kept return."""

from dataclasses import dataclass

from sememe.dictionaries.items import Items
from sememe.dictionaries.parameters import check_integer, check_number
from sememe.dictionaries.revival import Lift
from sememe.dictionaries.sae import SparseAutoencoder

# The learning rate of a training of at most so many steps.
_LEARNING_RATE, _SHORT = 5e-3, 600


@dataclass(eq=False, repr=False, kw_only=True)
class KSparseAutoencoder(SparseAutoencoder):
    """Base of the autoencoders whose sparsity is set, not traded for. Others: ``SparseAutoencoder``.

    Args:
        learning_rate: Adam's, at its highest; None: 5e-3 in trainings of up to 600 steps, and less in longer
            ones, as one over the root of the steps. In a long training at a high rate components die: one
            that fires once in thousands of items is thrown far off by Adam each time it does.
        k: components kept for an item, at most ``n_components``.
        k_aux: dead components kept for an item by AuxK; None: ``4 k``.
        auxk_coefficient: weight of AuxK (Gao et al. 2024, appendix A.2); 0: none.
        lift: rise of a silent component's encoder bias in a step, in learning rates (``revival.Lift``); 0:
            none.
    """

    learning_rate: float | None = None  # type: ignore[assignment]
    k: int = 8
    k_aux: int | None = None
    auxk_coefficient: float = 3.0
    lift: float = 0.0

    def _check_own_hyperparameters(self, items: Items) -> None:
        check_integer("k", self.k, 1, self.n_components, "n_components")
        if self.k_aux is not None:
            check_integer("k_aux", self.k_aux, 1)
        check_number("auxk_coefficient", self.auxk_coefficient, 0)
        check_number("lift", self.lift, 0)

    def _revival(self, n_steps: int, seed: int) -> Lift | None:
        return Lift(self.lift) if self.lift > 0 else None

    def _peak_learning_rate(self, n_steps: int) -> float:
        if self.learning_rate is not None:
            return self.learning_rate
        return _LEARNING_RATE * min(1.0, (_SHORT / n_steps) ** 0.5)

    @property
    def _k_aux(self) -> int:
        return self.k_aux or 4 * self.k
