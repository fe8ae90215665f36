"""Sums over items, kept apart by group, and put together again with any weights.

A measure that is a function of sums over items gets three things from one place. Batches: sums add up, so a
store larger than memory is read batch by batch. The plain value: all groups with weight one. The bootstrap:
images are dealt into groups, and a replicate is the same sum with each group counted as often as it was
drawn, so that a thousand replicates are one matrix product and not a thousand passes over the data (see
``bootstrap.py``).
"""

from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

from sememe.errors import MeasureError
from sememe.measures.codes import Codes

Weights = Float[np.ndarray, "replicates groups"] | None
"""How often each group is counted, a row a replicate. None: every group once, and no replicate axis."""


@runtime_checkable
class Sums(Protocol):
    """What an accumulator can do. Every kind has its own ``update`` with the arrays that it needs."""

    n_groups: int

    def totals(self, weights: Weights = None) -> Any:
        """The sums over all groups, with a leading axis of replicates when weights are given."""


def weighted(sums: Float[np.ndarray, "groups ..."], weights: Weights) -> Float[np.ndarray, "..."]:
    """Sum over groups, ``(*rest)``, or one weighted sum a replicate, ``(replicates, *rest)``."""
    if weights is None:
        return np.asarray(sums.sum(axis=0))
    return (weights @ sums.reshape(sums.shape[0], -1)).reshape(weights.shape[0], *sums.shape[1:])


def group_of(
    group: Int[np.ndarray, " items"] | None, n_items: int, n_groups: int
) -> Int[np.ndarray, " items"]:
    """The group of each item, checked; all in group 0 when None."""
    if group is None:
        return np.zeros(n_items, np.int64)
    if group.shape[0] != n_items:
        raise MeasureError(
            f"There are {n_items:,} items but {group.shape[0]:,} group numbers: give one an item."
        )
    if n_items and (group.min() < 0 or group.max() >= n_groups):
        raise MeasureError(
            f"Group numbers run from {group.min()} to {group.max()}, but {n_groups} groups are kept."
        )
    return group


def check_width(codes: Codes, n_units: int) -> None:
    """Refuse a batch with another number of units than the accumulator was made for."""
    if codes.shape[1] != n_units:
        raise MeasureError(
            f"This batch has {codes.shape[1]} units, but the accumulator was made for {n_units}."
        )
