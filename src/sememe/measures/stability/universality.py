"""Universality: whether another network has a unit that fires on the same items."""

import numpy as np
from jaxtyping import Float

from sememe.measures.codes import Codes, OtherCodes, check_items, checked, count_units, is_sparse, squared
from sememe.measures.record import measure


class CorrelationSums:
    """Accumulates the correlations of every unit of one set with every unit of another, batch by batch."""

    def __init__(self, n_units: int, n_others: int) -> None:
        self._items = 0
        self._sum, self._squares = (
            [np.zeros(n_units), np.zeros(n_others)],
            [np.zeros(n_units), np.zeros(n_others)],
        )
        self._product = np.zeros((n_units, n_others))

    def update(self, codes: Codes, others: OtherCodes) -> None:
        """Add a batch of the same items in both sets."""
        check_items(codes.shape[0], others.shape[0])
        codes, others = checked(codes).astype(np.float64), checked(others).astype(np.float64)
        self._items += codes.shape[0]
        for k, part in enumerate((codes, others)):
            self._sum[k] += np.asarray(part.sum(axis=0)).reshape(-1)
            self._squares[k] += np.asarray(squared(part).sum(axis=0)).reshape(-1)
        product = codes.T @ others
        self._product += product.toarray() if is_sparse(product) else product

    def correlations(self) -> Float[np.ndarray, "units others"]:
        """Pearson's correlation of each pair; NaN where a unit does not vary."""
        mean = [total / self._items for total in self._sum]
        power = [squares / self._items for squares in self._squares]
        spread = [np.where(p - m**2 > 1e-12 * p, p - m**2, np.nan) for p, m in zip(power, mean, strict=True)]
        together = self._product / self._items - np.outer(mean[0], mean[1])
        return np.clip(together / np.sqrt(np.outer(spread[0], spread[1])), -1.0, 1.0)


@measure(
    title="Universality",
    family="stability",
    level="unit",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\max_v r(a_u, a'_v)",
    source="Bricken et al. 2023, Towards Monosemanticity: activation correlation between two networks",
    dead="NaN",
    needs=("codes", "seeds"),
)
def universality(codes: Codes, others: OtherCodes) -> Float[np.ndarray, " units"]:
    """Greatest correlation of a unit's codes with those of any unit found in another network.

    Args:
        codes: ``(items, units)``, dense or CSR.
        others: ``(items, other units)``, from a network of another seed or architecture, on the same items.

    Returns:
        ``(units,)`` in -1..1; higher is better. A dead or constant unit gets NaN; such units of the other
        network are passed over. Unchanged by a positive scaling or a shift of any unit. With more units to
        choose from it rises: compare sets of one size. Towards Monosemanticity found medians of 0.72 for
            features and 0.46 for neurons.

    Raises:
        MeasureError: numbers of items that differ, codes that are not finite.

    Source: Bricken et al. 2023, Towards Monosemanticity.

    >>> universality(np.array([[0.0], [1.0], [2.0]]), np.array([[5.0, 1.0], [6.0, 0.0], [7.0, 1.0]]))
    array([1.])
    """
    sums = CorrelationSums(count_units(codes), count_units(others))
    sums.update(codes, others)
    found = sums.correlations()
    best = np.where(np.isnan(found), -np.inf, found).max(axis=1)
    return np.where(np.isfinite(best), best, np.nan)
