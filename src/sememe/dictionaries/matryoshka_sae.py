"""Matryoshka: nested dictionaries, so that the first components are general and the later ones special."""

from dataclasses import dataclass

from sememe.dictionaries.batch_topk_sae import BatchTopKSAE
from sememe.dictionaries.items import Items
from sememe.dictionaries.parameters import check_integer
from sememe.errors import DictionaryError


@dataclass(eq=False, repr=False, kw_only=True)
class MatryoshkaSAE(BatchTopKSAE):
    """BatchTopK whose first components must reconstruct without the others, at several sizes.

    The squared errors of the reconstructions from nested prefixes of the components are averaged, so that a
    general component is not absorbed into its special cases (Bussmann et al. 2025, "Learning multi-level
    features with Matryoshka sparse autoencoders", eq. 6; there they are summed, which only scales the loss).
    Other hyperparameters: ``BatchTopKSAE``.

    Args:
        prefixes: numbers of components of the nested dictionaries, rising, the last of them
            ``n_components``; None: a sixteenth, an eighth, a quarter and a half of them, and all.
    """

    prefixes: tuple[int, ...] | None = None

    def _check_own_hyperparameters(self, items: Items) -> None:
        super()._check_own_hyperparameters(items)
        prefixes = self._prefixes()
        for prefix in prefixes:
            check_integer("each of prefixes", prefix, 1, self.n_components, "n_components")
        if list(prefixes) != sorted(set(prefixes)) or prefixes[-1:] != (self.n_components,):
            raise DictionaryError(
                f"prefixes must rise and end with n_components ({self.n_components}), but {prefixes} arrived."
            )

    def _prefixes(self) -> tuple[int, ...]:
        if self.prefixes is not None:
            return tuple(self.prefixes)
        return tuple(sorted({max(1, self.n_components // share) for share in (16, 8, 4, 2, 1)}))
