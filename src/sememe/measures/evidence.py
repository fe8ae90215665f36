"""What is known of the items, whichever units are scored on them.

Made once for a layer and a split, and used for every unit set, so that all of them are scored on the same
items, with the same resampled images, against the same null.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Int, Integer

from sememe.errors import MeasureError
from sememe.measures.bootstrap import LEAST_IMAGES, Resampling
from sememe.measures.codes import checked_labels
from sememe.measures.concepts.ranked_totals import check_concepts
from sememe.measures.similarity.embeddings import unit_length

NULL_SHUFFLES = 3
"""The null of a unit is the mean over so many random deals of its firings."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known of a split's items, and how its images are resampled. Made by :func:`evidence`."""

    resampling: Resampling
    group: Int[np.ndarray, " items"]
    """The resampling's group of each item's image."""
    n_images: int
    """Number of different images among the items."""
    labels: Int[np.ndarray, " items"] | None
    n_classes: int
    embeddings: Mapping[str, np.ndarray]
    """``(items, embedding)``, rows of unit length, by name: ``"cnn"`` and, about the mean of the items,
    ``"cnn, centred"``.
    """
    concepts: Bool[np.ndarray, "items concepts"] | None = None
    """Which item has which concept."""
    deal: Int[np.ndarray, " items"] | None = None
    """Whose embedding an item has; None: its own. Embeddings are large: they are looked up, not dealt."""

    @property
    def n_items(self) -> int:
        return self.group.shape[0]

    @cached_property
    def dealt(self) -> list["Evidence"]:
        """The same evidence with its items dealt to other rows: what firings that mean nothing would meet."""
        dealt = []
        for shuffle in range(NULL_SHUFFLES):
            deal = np.random.default_rng([self.resampling.seed, 3, shuffle]).permutation(self.n_items)
            labels = None if self.labels is None else self.labels[deal]
            concepts = None if self.concepts is None else self.concepts[deal]
            dealt.append(replace(self, labels=labels, concepts=concepts, deal=deal))
        return dealt

    @property
    def has(self) -> frozenset[str]:
        """Of labels, concepts and places (several items an image), what there is."""
        places = self.n_items > self.n_images
        given = {"labels": self.labels is not None, "concepts": self.concepts is not None, "places": places}
        return frozenset(name for name, there in given.items() if there)


def evidence(
    resampling: Resampling,
    *,
    image: Integer[np.ndarray, " items"] | None = None,
    labels: Integer[np.ndarray, " items"] | None = None,
    n_classes: int | None = None,
    embeddings: Mapping[str, np.ndarray] | None = None,
    centred: bool = True,
    concepts: Bool[np.ndarray, "items concepts"] | None = None,
) -> Evidence:
    """Gather what is known of the items; whatever is left out, the measures that need it are left out.

    Args:
        resampling: of the split's images, from :func:`~sememe.measures.bootstrap.resample`.
        image: ``(items,)``, the image of each item, 0 .. images - 1; None: one item an image, in order.
        labels: ``(items,)``, the class of each item.
        n_classes: number of classes; None: one more than the greatest label.
        embeddings: by the name of their encoder, ``(items, embedding)``.
        centred: score each embedding also about its mean.
        concepts: ``(items, concepts)``, which item has which concept.

    Raises:
        MeasureError: what arrived does not fit together.
    """
    n_images = resampling.group.shape[0]
    image = np.arange(n_images) if image is None else np.asarray(image).astype(np.int64)
    if image.size == 0 or image.min() < 0 or image.max() >= n_images:
        raise MeasureError(
            f"Items name the images {image.min() if image.size else '(none)'} to "
            f"{image.max() if image.size else '(none)'}, but {n_images:,} images are resampled: "
            "number the images of the split from 0."
        )
    n_seen = np.unique(image).size
    if n_seen < LEAST_IMAGES:
        raise MeasureError(
            f"The items are of {n_seen} images, of which a bootstrap says nothing: it needs at least "
            f"{LEAST_IMAGES}."
        )
    if labels is not None:
        labels = np.asarray(labels)
        if n_classes is None:
            n_classes = int(labels.max()) + 1 if labels.size and labels.dtype.kind in "iu" else 2
        checked_labels(labels, image.shape[0], n_classes)
        if (labels == labels[0]).all():
            raise MeasureError(
                f"All items are of the class {labels[0]}, and selectivity compares classes: give labels of "
                "at least 2 classes, or leave them out."
            )
    if concepts is not None:
        check_concepts(concepts, image.shape[0])
    views = {}
    for name, rows in (embeddings or {}).items():
        if rows.ndim != 2:
            raise MeasureError(
                f"The embeddings of {name!r} have the shape {rows.shape}; expected (items, embedding)."
            )
        if rows.shape[0] != image.shape[0]:
            raise MeasureError(
                f"There are {image.shape[0]:,} items but {rows.shape[0]:,} embeddings of {name!r}: "
                "give one an item."
            )
        views[name] = unit_length(rows)
        if centred:
            views[f"{name}, centred"] = unit_length(rows, rows.mean(axis=0, dtype=np.float64))
    return Evidence(
        resampling=resampling,
        group=resampling.group[image],
        n_images=n_seen,
        labels=None if labels is None else labels.astype(np.int64),
        n_classes=n_classes or 0,
        embeddings=views,
        concepts=concepts,
    )
