"""What a sparse step is to compute: the selection, and the terms of the loss."""

from dataclasses import dataclass


@dataclass(frozen=True)
class TopK:
    """The ``k`` largest pre-activations of each item, those of them that are positive."""

    k: int


@dataclass(frozen=True)
class BatchTopK:
    """The ``k * items`` largest pre-activations of a batch, those of them that are positive."""

    k: int


@dataclass(frozen=True)
class Positive:
    """All positive pre-activations."""


Selection = TopK | BatchTopK | Positive


@dataclass(frozen=True)
class StepPlan:
    """The loss of a dictionary whose codes are selected pre-activations.

    ``sum_p weight_p mean (x_hat_p - x)^2 + auxk_coefficient * AuxK + l1_coefficient / d_in * mean_items sum
    codes``. ``x_hat_p`` uses the components below ``prefixes[p]`` alone (Matryoshka, Bussmann et al. 2025);
    without prefixes there is one reconstruction, of weight 1. AuxK is the mean of ``(e - e_hat)^2`` where
    ``e = x - x_hat`` is held fixed and ``e_hat`` is decoded from the ``k_aux`` largest positive
    pre-activations of dead components, without ``b_dec``, which it does not move (Gao et al. 2024, A.2).

    Attributes:
        selection: which pre-activations are codes.
        prefixes: numbers of components, ascending, the last of them all components; empty: only all.
        prefix_weights: a weight for each; empty: 1 each.
        k_aux: dead components kept for an item.
        auxk_coefficient: 0: no AuxK.
        l1_coefficient: 0: no L1 penalty.
    """

    selection: Selection
    prefixes: tuple[int, ...] = ()
    prefix_weights: tuple[float, ...] = ()
    k_aux: int = 1
    auxk_coefficient: float = 0.0
    l1_coefficient: float = 0.0

    def views(self, n_components: int) -> tuple[tuple[int, ...], tuple[float, ...]]:
        """Prefixes and their weights, defaults filled in."""
        prefixes = self.prefixes or (n_components,)
        return prefixes, self.prefix_weights or (1.0,) * len(prefixes)
