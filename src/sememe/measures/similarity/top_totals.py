"""What clarity and polysemanticity look at: the items that fire a unit most, and the cosines between them.

The ``TOP`` items with the greatest codes are a unit's exemplars; only items that fire it count, and of equal
codes the earlier item comes first. Twice as many are remembered, so that a replicate of the bootstrap, in
which some items are missing and others come twice, can fill its own top from them. The two clusters are found
once, on the data as they are; a replicate reweights their members.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Int

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked, count_units, entries, is_sparse
from sememe.measures.kernels.exemplars import exemplar_sums, two_means
from sememe.measures.totals import Weights, check_width, group_of

TOP = 30
"""Exemplars of a unit."""
REMEMBERED = 2 * TOP
ROUNDS = 50
"""Rounds of 2-means at most; sets of a few dozen points settle in fewer than ten."""

Greatest: TypeAlias = tuple[Int[np.ndarray, "units exemplars"], Float[np.ndarray, "units exemplars"]]
"""Item and code of the greatest codes of each unit in a batch."""


@dataclass(frozen=True, eq=False)
class TopTotals:
    """Sums over the exemplars of each unit, in two clusters; ``...`` is empty or the axis of replicates."""

    sizes: Float[np.ndarray, "2 ... units"]
    """Number of exemplars in each cluster."""
    lengths: Float[np.ndarray, "2 ... units"]
    """Squared length of the sum of the embeddings of each."""
    product: Float[np.ndarray, "... units"]
    """Product of the two sums."""
    diagonal: Float[np.ndarray, "... units"]
    """What an item and its own copies add to the squared lengths."""
    pairs: Float[np.ndarray, "... units"]
    """Ordered pairs of different items."""


class TopSums:
    """Accumulates :class:`TopTotals` from codes >= 0 and embeddings of unit length."""

    def __init__(self, n_units: int, n_dimensions: int, n_groups: int = 1) -> None:
        self.n_units, self.n_groups = n_units, n_groups
        self._value = np.zeros((n_units, REMEMBERED))
        self._group = np.zeros((n_units, REMEMBERED), np.int64)
        self._embedding = np.zeros((n_units, REMEMBERED, n_dimensions), np.float32)
        self._found: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None

    def update(
        self,
        codes: Codes,
        embeddings: Float[np.ndarray, "items embedding"],
        group: Int[np.ndarray, " items"] | None = None,
        greatest: Greatest | None = None,
    ) -> None:
        """Add a batch of items, in the order in which they are kept when codes are equal.

        ``greatest`` spares finding the greatest codes again, for a second embedding of the same batch.
        """
        check_width(codes, self.n_units)
        if embeddings.shape[0] != codes.shape[0]:
            raise MeasureError(
                f"There are {codes.shape[0]:,} items but {embeddings.shape[0]:,} embeddings: "
                "give one an item."
            )
        group = group_of(group, codes.shape[0], self.n_groups)
        item, fresh = greatest_codes(codes) if greatest is None else greatest
        value = np.concatenate([self._value, fresh], axis=1)
        place = np.argsort(-value, axis=1, kind="stable")[:, :REMEMBERED]
        row = np.arange(self.n_units)[:, None]
        old, new = np.minimum(place, REMEMBERED - 1), item[row, np.maximum(place - REMEMBERED, 0)]
        kept = place < REMEMBERED
        self._value = np.take_along_axis(value, place, axis=1)
        self._group = np.where(kept, self._group[row, old], group[new])
        embedding = embeddings[new].astype(np.float32)
        embedding[kept] = self._embedding[row, old][kept]
        self._embedding = embedding
        self._found = None

    def totals(self, weights: Weights = None) -> TopTotals:
        """The exemplars with each group counted once, or as often as each replicate's weights say."""
        cosine, firing, second = self._clusters()
        counts = np.ones((1, self.n_groups)) if weights is None else weights
        sums = exemplar_sums(counts, self._group, firing, cosine, second, TOP)
        sums = sums[:, 0] if weights is None else sums
        return TopTotals(sizes=sums[0:2], lengths=sums[2:4], product=sums[4], diagonal=sums[5], pairs=sums[6])

    def _clusters(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Cosines of the remembered items, how many there are, which lie in the second; found once."""
        if self._found is None:
            embedding = self._embedding.astype(np.float64)
            cosine = embedding @ embedding.transpose(0, 2, 1)
            firing = (self._value > 0).sum(axis=1)
            taken = np.arange(REMEMBERED) < np.minimum(firing, TOP)[:, None]
            self._found = cosine, firing, two_means(cosine, taken, ROUNDS)
        return self._found


def greatest_codes(codes: Codes) -> Greatest:
    """Item and code of each unit's greatest codes, greatest first; 0 where there are no more."""
    codes = checked(codes)
    n_items, n_units = codes.shape
    if not is_sparse(codes) and n_items > REMEMBERED:
        least = np.partition(codes, n_items - REMEMBERED, axis=0)[n_items - REMEMBERED]
        codes = np.where(codes >= least, codes, 0)
    items, units, values = entries(codes)
    # lexsort is stable, so equal codes keep the order of the items.
    order = np.lexsort((-values, units))
    items, units, values = items[order], units[order], values[order]
    rank = np.arange(units.size) - np.searchsorted(units, units, side="left")
    best = rank < REMEMBERED
    item, value = np.zeros((n_units, REMEMBERED), np.int64), np.zeros((n_units, REMEMBERED))
    item[units[best], rank[best]] = items[best]
    value[units[best], rank[best]] = values[best]
    return item, value


def top_totals(codes: Codes, embeddings: Float[np.ndarray, "items embedding"]) -> TopTotals:
    """The exemplars in arrays that are in memory."""
    sums = TopSums(count_units(codes), embeddings.shape[1])
    sums.update(codes, embeddings)
    return sums.totals()
