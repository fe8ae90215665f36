"""Targeted removal: taking away the units of one class should cost that class, and no other."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Integer, Real

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked_labels, count_units
from sememe.measures.record import measure
from sememe.measures.selectivity.class_totals import class_totals
from sememe.measures.totals import Weights, group_of, weighted


@dataclass(frozen=True, eq=False)
class RemovalTotals:
    """Counts of images of each class; ``...`` is empty or the axis of replicates."""

    images: Float[np.ndarray, "... classes"]
    lost: Float[np.ndarray, "... removed classes"]
    """Images that are right before the units of each class are removed, less those that are right after."""

    def accuracy_lost(self) -> Float[np.ndarray, "... removed classes"]:
        """Share of each class (column) that is lost; NaN for a class that a replicate did not draw."""
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.lost / self.images[..., None, :]


class RemovalSums:
    """Accumulates :class:`RemovalTotals`, group by group."""

    def __init__(self, n_classes: int, n_groups: int = 1) -> None:
        self.n_classes, self.n_groups = n_classes, n_groups
        self._images = np.zeros((n_groups, n_classes))
        self._lost = np.zeros((n_groups, n_classes, n_classes))

    def update(
        self,
        before: Real[np.ndarray, "images classes"],
        after: Real[np.ndarray, "classes images classes"],
        labels: Integer[np.ndarray, " rows"],
        group: Int[np.ndarray, " rows"] | None = None,
    ) -> None:
        """Add images: logits before, logits after the units of each class are removed, and their classes."""
        n_images, n_classes = before.shape
        if after.shape != (n_classes, n_images, n_classes) or n_classes != self.n_classes:
            raise MeasureError(
                f"Logits of the shape {before.shape} call for ({n_classes}, {n_images}, {n_classes}) "
                f"after removal; got {after.shape}."
            )
        checked_labels(labels, n_images, n_classes)
        key = group_of(group, n_images, self.n_groups) * n_classes + labels
        shape = self._images.shape
        self._images += np.bincount(key, minlength=self._images.size).reshape(shape)
        right = before.argmax(axis=1) == labels
        for removed, logits in enumerate(after):
            lost = right * 1.0 - (logits.argmax(axis=1) == labels)
            self._lost[:, removed] += np.bincount(key, lost, self._images.size).reshape(shape)

    def totals(self, weights: Weights = None) -> RemovalTotals:
        """The counts with each group counted once, or as often as each replicate's weights say."""
        return RemovalTotals(weighted(self._images, weights), weighted(self._lost, weights))


def removal_sums(
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "classes images classes"],
    labels: Integer[np.ndarray, " rows"],
    group: Int[np.ndarray, " rows"] | None = None,
    n_groups: int = 1,
) -> RemovalSums:
    """All images, for an interval: ``estimate("targeted_removal", removal_sums(...), resampling)``."""
    sums = RemovalSums(before.shape[1], n_groups)
    sums.update(before, after, labels, group)
    return sums


def _from_totals(totals: RemovalTotals) -> Float[np.ndarray, "..."]:
    lost = totals.accuracy_lost()
    own = np.diagonal(lost, axis1=-2, axis2=-1)
    return np.asarray((own - (lost.sum(axis=-1) - own) / (lost.shape[-1] - 1)).mean(axis=-1))


def attached_units(
    codes: Codes, labels: Integer[np.ndarray, " items"], n_classes: int, k: int
) -> Int[np.ndarray, "classes k"]:
    """The ``k`` units most attached to each class: greatest mean ``|code|`` in it less the mean elsewhere.

    Choose them on another split than the one on which their removal is scored.

    >>> attached_units(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([0, 1]), 2, 1)
    array([[0],
           [1]])
    """
    checked_labels(labels, codes.shape[0], n_classes)
    if not 1 <= k <= count_units(codes):
        raise MeasureError(f"Cannot take {k} units for each class out of {count_units(codes)}.")
    totals = class_totals(abs(codes), labels, n_classes)
    items, mass = totals.items[:, None], totals.mass
    elsewhere = (mass.sum(axis=0) - mass) / np.maximum(items.sum() - items, 1)
    lead = mass / np.maximum(items, 1) - elsewhere
    return np.argsort(-lead, axis=1, kind="stable")[:, :k]


@measure(
    title="Targeted removal (TPP)",
    family="cause",
    level="set",
    range=(-1.0, 1.0),
    higher_is_better=True,
    formula=r"\frac{1}{C} \sum_c \Big(\delta_{c \to c}"
    r" - \frac{1}{C - 1} \sum_{c' \ne c} \delta_{c \to c'}\Big)",
    source="Karvonen et al. 2025, SAEBench (arXiv 2503.09532): targeted probe perturbation",
    needs=("codes", "logits", "labels"),
    totals="removal",
    from_totals=_from_totals,
)
def targeted_removal(
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "classes images classes"],
    labels: Integer[np.ndarray, " rows"],
) -> float:
    """Accuracy lost on a class by removing its units, less the accuracy lost elsewhere; mean over classes.

    ``delta[c -> d]`` is the accuracy on images of class ``d`` before, less that after the units of class
    ``c`` (:func:`~sememe.measures.attached_units`) are ablated.

    Args:
        before: ``(images, classes)``, logits of the network (with the reconstruction in place, for
            components).
        after: ``(classes, images, classes)``, with the units of each class ablated in turn.
        labels: ``(images,)``; every class must occur.

    Returns:
        -1..1: 1 each removal wipes out its own class and nothing else, 0 no class suffers more from its own
        removal than from the others'; higher is better.

    Raises:
        MeasureError: shapes that differ, a class without images.

    Source: Karvonen et al. 2025, SAEBench (arXiv 2503.09532).

    >>> before, labels = np.eye(2), np.array([0, 1])
    >>> targeted_removal(before, np.array([[[0.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [1.0, 0.0]]]), labels)
    1.0
    """
    return float(_from_totals(_all_classes(before, after, labels)))


def accuracy_lost(
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "classes images classes"],
    labels: Integer[np.ndarray, " rows"],
) -> Float[np.ndarray, "classes classes"]:
    """Accuracy lost on each class (column) when the units of each class (row) are removed."""
    return _all_classes(before, after, labels).accuracy_lost()


def _all_classes(
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "classes images classes"],
    labels: Integer[np.ndarray, " rows"],
) -> RemovalTotals:
    totals = removal_sums(before, after, labels).totals()
    if (totals.images == 0).any():
        raise MeasureError(
            f"No image is of class {int(totals.images.argmin())}: removal is scored on every class."
        )
    return totals
