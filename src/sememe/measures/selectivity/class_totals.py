"""The sums behind every measure of selectivity: a unit's mass and firings in each class."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer

from sememe.measures.codes import Codes, checked, checked_labels, count_units, firings_by_key, sums_by_key
from sememe.measures.totals import Weights, check_width, group_of, weighted


@dataclass(frozen=True, eq=False)
class ClassTotals:
    """Sums over items of codes >= 0; ``...`` is empty or the axis of replicates."""

    mass: Float[np.ndarray, "... classes units"]
    """Sum of a unit's codes over the items of each class."""
    firings: Float[np.ndarray, "... classes units"]
    """Number of its firings among them."""
    items: Float[np.ndarray, "... classes"]
    """Number of items in each class."""

    def means(self) -> Float[np.ndarray, "... classes units"]:
        """Mean code in each class; NaN for a class without items (a resample can lose one)."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.mass / self.items[..., None]


class ClassSums:
    """Accumulates :class:`ClassTotals`, group by group.

    >>> codes, labels = np.array([[1.0, 0.0], [3.0, 2.0]]), np.array([0, 1])
    >>> sums = ClassSums(n_units=2, n_classes=2)
    >>> sums.update(codes[:1], labels[:1]); sums.update(codes[1:], labels[1:])
    >>> sums.totals().mass
    array([[1., 0.],
           [3., 2.]])
    """

    def __init__(self, n_units: int, n_classes: int, n_groups: int = 1) -> None:
        self.n_units, self.n_classes, self.n_groups = n_units, n_classes, n_groups
        self._mass = np.zeros((n_groups * n_classes, n_units))
        self._firings = np.zeros((n_groups * n_classes, n_units))
        self._items = np.zeros(n_groups * n_classes)

    def update(
        self,
        codes: Codes,
        labels: Integer[np.ndarray, " items"],
        group: Int[np.ndarray, " items"] | None = None,
    ) -> None:
        """Add a batch of items: codes >= 0, a label each, and the group that each belongs to."""
        check_width(codes, self.n_units)
        checked_labels(labels, codes.shape[0], self.n_classes)
        codes = checked(codes)
        key = group_of(group, codes.shape[0], self.n_groups) * self.n_classes + labels.astype(np.int64)
        n_keys = self._items.shape[0]
        self._mass += sums_by_key(key, n_keys, codes)
        self._firings += firings_by_key(key, n_keys, codes)
        self._items += np.bincount(key, minlength=n_keys)

    def totals(self, weights: Weights = None) -> ClassTotals:
        """The sums with each group counted once, or as often as each replicate's weights say."""
        shape = (self.n_groups, self.n_classes, self.n_units)
        return ClassTotals(
            mass=weighted(self._mass.reshape(shape), weights),
            firings=weighted(self._firings.reshape(shape), weights),
            items=weighted(self._items.reshape(shape[:2]), weights),
        )


def class_totals(codes: Codes, labels: Integer[np.ndarray, " items"], n_classes: int) -> ClassTotals:
    """The totals of arrays that are in memory: one accumulator, fed once."""
    sums = ClassSums(count_units(codes), n_classes)
    sums.update(codes, labels)
    return sums.totals()
