"""Targeted removal: taking away the units of one class should cost that class, and no other."""

import numpy as np
from jaxtyping import Float, Int, Integer, Real

from sememe.errors import MeasureError
from sememe.measures.codes import Codes, checked_labels, count_units
from sememe.measures.record import measure
from sememe.measures.selectivity.class_totals import class_totals


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
    lost = accuracy_lost(before, after, labels)
    n_classes = lost.shape[0]
    own = np.diagonal(lost)
    return float((own - (lost.sum(axis=1) - own) / (n_classes - 1)).mean())


def accuracy_lost(
    before: Real[np.ndarray, "images classes"],
    after: Real[np.ndarray, "classes images classes"],
    labels: Integer[np.ndarray, " rows"],
) -> Float[np.ndarray, "classes classes"]:
    """Accuracy lost on each class (column) when the units of each class (row) are removed."""
    n_images, n_classes = before.shape
    if after.shape != (n_classes, n_images, n_classes):
        raise MeasureError(
            f"Logits of the shape {before.shape} call for ({n_classes}, {n_images}, {n_classes}) "
            f"after removal; got {after.shape}."
        )
    checked_labels(labels, n_images, n_classes)
    counts = np.bincount(labels, minlength=n_classes)
    if (counts == 0).any():
        raise MeasureError(f"No image is of class {int(counts.argmin())}: removal is scored on every class.")
    lost = (before.argmax(axis=1) == labels) * 1.0 - (after.argmax(axis=2) == labels)
    return np.stack([np.bincount(labels, row, n_classes) for row in lost]) / counts
