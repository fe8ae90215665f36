"""Universality: whether another network has a unit that fires on the same items."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sememe.measures.codes import (
    Codes,
    OtherCodes,
    check_items,
    checked,
    count_units,
    is_sparse,
    squared,
    sums_by_key,
)
from sememe.measures.record import measure
from sememe.measures.totals import Weights, group_of, weighted

VARIES = 1e-12
"""Share of a unit's mean square below which its variance is a rounding error."""


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
        spread = [np.where(p - m**2 > VARIES * p, p - m**2, np.nan) for p, m in zip(power, mean, strict=True)]
        together = self._product / self._items - np.outer(mean[0], mean[1])
        return np.clip(together / np.sqrt(np.outer(spread[0], spread[1])), -1.0, 1.0)


@dataclass(frozen=True, eq=False)
class PartnerTotals:
    """Sums over items of each unit and of its partner; ``...`` is empty or the axis of replicates."""

    items: Float[np.ndarray, "..."]
    sums: Float[np.ndarray, "2 ... units"]
    squares: Float[np.ndarray, "2 ... units"]
    product: Float[np.ndarray, "... units"]


class PartnerSums:
    """Accumulates :class:`PartnerTotals`, group by group, for partners that are known; -1: no partner."""

    def __init__(self, partner: Int[np.ndarray, " units"], n_groups: int = 1) -> None:
        self.partner, self.n_groups = partner, n_groups
        self._items = np.zeros(n_groups)
        self._sums = np.zeros((5, n_groups, partner.shape[0]))

    def update(
        self, codes: Codes, others: OtherCodes, group: Int[np.ndarray, " items"] | None = None
    ) -> None:
        """Add a batch of the same items in both sets."""
        check_items(codes.shape[0], others.shape[0])
        group = group_of(group, codes.shape[0], self.n_groups)
        own = checked(codes).astype(np.float64)
        partners = (others.tocsc() if is_sparse(others) else others)[:, np.maximum(self.partner, 0)]
        partners = (checked(partners.tocsr()) if is_sparse(partners) else checked(partners)).astype(float)
        product = (own.multiply(partners) if is_sparse(own) else own * partners).astype(np.float64)
        product = product.tocsr() if is_sparse(product) else product
        for row, part in enumerate((own, partners, squared(own), squared(partners), product)):
            self._sums[row] += sums_by_key(group, self.n_groups, part)
        self._items += np.bincount(group, minlength=self.n_groups)

    def totals(self, weights: Weights = None) -> PartnerTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        first, second, *rest = (np.where(self.partner < 0, np.nan, weighted(s, weights)) for s in self._sums)
        return PartnerTotals(
            items=np.asarray(weighted(self._items, weights)),
            sums=np.stack([first, second]),
            squares=np.stack(rest[:2]),
            product=rest[2],
        )


def partner_sums(
    codes: Codes,
    others: OtherCodes,
    group: Int[np.ndarray, " items"] | None = None,
    n_groups: int = 1,
) -> PartnerSums:
    """What an evaluation takes: ``{"partner": partner_sums(...)}`` among the given sums.

    Partners are found on the items as they are; a replicate of the bootstrap reweights the items and keeps
    the partners.
    """
    sums = CorrelationSums(count_units(codes), count_units(others))
    sums.update(codes, others)
    found = sums.correlations()
    known = ~np.isnan(found)
    partner = np.where(known.any(axis=1), np.where(known, found, -np.inf).argmax(axis=1), -1)
    partners = PartnerSums(partner, n_groups)
    partners.update(codes, others, group)
    return partners


def _from_totals(totals: PartnerTotals) -> Float[np.ndarray, "... units"]:
    items = totals.items[..., None]
    power = totals.squares / items
    spread = power - (totals.sums / items) ** 2
    together = totals.product / items - totals.sums[0] * totals.sums[1] / items**2
    varies = (spread > VARIES * power).all(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(varies, np.clip(together / np.sqrt(spread[0] * spread[1]), -1.0, 1.0), np.nan)


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
    totals="partner",
    from_totals=_from_totals,
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
    return _from_totals(partner_sums(codes, others).totals())
