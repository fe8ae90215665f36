"""What is known of the items, whichever units are scored on them.

Made once for a layer and a split, and used for every unit set, so that all of them are scored on the same
items, with the same resampled images, against the same null.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int, Integer, Real

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Resampling
from sememe.measures.codes import Codes, checked_labels, sums_by_key
from sememe.measures.record import MeasureRecord, registry
from sememe.measures.selectivity.class_totals import ClassSums
from sememe.measures.selectivity.histogram_totals import HistogramSums, firing_extent
from sememe.measures.signs import Halves
from sememe.measures.similarity.embeddings import unit_length
from sememe.measures.similarity.pair_totals import PairSums, mean_cosine
from sememe.measures.similarity.top_totals import Greatest, TopSums
from sememe.measures.totals import Sums

NULL_SHUFFLES = 3
"""The null of a unit is the mean over so many random deals of its firings."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Labels and embeddings of the items of a split, and how its images are resampled. Made by
    :func:`evidence`.
    """

    resampling: Resampling
    group: Int[np.ndarray, " items"]
    """The resampling's group of each item's image."""
    n_images: int
    """Number of different images among the items."""
    labels: Int[np.ndarray, " items"] | None
    n_classes: int
    embeddings: Mapping[str, Float[np.ndarray, "items embedding"]]
    """Of unit length, by name: ``"cnn"`` and, about the mean of the items, ``"cnn, centred"``."""

    @property
    def n_items(self) -> int:
        return self.group.shape[0]

    @cached_property
    def _shuffled(self) -> list["Evidence"]:
        """The same evidence with its items dealt to other rows: what firings that mean nothing would meet."""
        dealt = []
        for shuffle in range(NULL_SHUFFLES):
            deal = np.random.default_rng([self.resampling.seed, 3, shuffle]).permutation(self.n_items)
            labels = None if self.labels is None else self.labels[deal]
            embeddings = {name: rows[deal] for name, rows in self.embeddings.items()}
            dealt.append(replace(self, labels=labels, embeddings=embeddings))
        return dealt

    def unit_sums(
        self, codes: Codes, group: Int[np.ndarray, " items"] | None, greatest: Greatest | None = None
    ) -> Iterator[tuple[str, str, Sums]]:
        """Feed codes >= 0 to every accumulator that this evidence allows: kind, variant, sums.

        The variant names the embedding, ``""`` where there is only one way. ``group`` None: one group, no
        bootstrap.
        """
        n_units, n_groups = codes.shape[1], 1 if group is None else self.resampling.n_groups
        if self.labels is not None:
            by_class = ClassSums(n_units, self.n_classes, n_groups)
            by_class.update(codes, self.labels, group)
            yield "class", "", by_class
            histogram = HistogramSums(*firing_extent(codes), self.n_classes, n_groups)
            histogram.update(codes, self.labels, group)
            yield "histogram", "", histogram
        for name, rows in self.embeddings.items():
            top = TopSums(n_units, rows.shape[1], n_groups)
            top.update(codes, rows, group, greatest)
            yield "top", name, top
            if group is not None:
                pairs = PairSums(n_units, rows.shape[1], n_groups)
                pairs.update(codes, rows, group)
                yield "pair", name, pairs

    def null_scores(
        self, split: Halves, greatest: Greatest | None = None
    ) -> dict[str, Float[np.ndarray, " units"]]:
        """Each unit's score by measure when its firings are dealt to random items.

        Exact where the mean over all deals is known: the monosemanticity score then is the mean cosine of two
        items. Otherwise the mean over a few seeded deals.
        """
        mass = sums_by_key(np.zeros(self.n_items, np.int64), 1, split.codes)[0]
        deals: dict[str, list[np.ndarray]] = {}
        for dealt in self._shuffled:
            for kind, variant, sums in dealt.unit_sums(split.codes, None, greatest):
                totals = sums.totals()
                for record, key in unit_measures(kind, variant):
                    deals.setdefault(key, []).append(split.join(record.from_totals(totals), mass))
        nulls = {key: np.mean(scores, axis=0) for key, scores in deals.items()}
        for variant, rows in self.embeddings.items():
            for _, key in unit_measures("pair", variant):
                nulls[key] = np.full(split.n_units, mean_cosine(rows))
        return nulls


def evidence(
    resampling: Resampling,
    *,
    image: Integer[np.ndarray, " items"] | None = None,
    labels: Integer[np.ndarray, " items"] | None = None,
    n_classes: int | None = None,
    embeddings: Mapping[str, Real[np.ndarray, "items ?embedding"]] | None = None,
    centred: bool = True,
) -> Evidence:
    """Gather what is known of the items; whatever is left out, the measures that need it are left out.

    Args:
        resampling: of the split's images, from :func:`~sememe.measures.bootstrap.resample`.
        image: ``(items,)``, the image of each item, 0 .. images - 1; None: one item an image, in order.
        labels: ``(items,)``, the class of each item.
        n_classes: number of classes; None: one more than the greatest label.
        embeddings: by the name of their encoder, ``(items, embedding)``.
        centred: score each embedding also about its mean.

    Raises:
        MeasureError: what arrived does not fit together.
    """
    n_images = resampling.group.shape[0]
    image = np.arange(n_images) if image is None else image.astype(np.int64)
    if image.size == 0 or image.min() < 0 or image.max() >= n_images:
        raise MeasureError(
            f"Items name the images {image.min() if image.size else '(none)'} to "
            f"{image.max() if image.size else '(none)'}, but {n_images:,} images are resampled: "
            "number the images of the split from 0."
        )
    if labels is not None:
        n_classes = int(labels.max()) + 1 if n_classes is None else n_classes
        checked_labels(labels, image.shape[0], n_classes)
    views = {}
    for name, rows in (embeddings or {}).items():
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
        n_images=np.unique(image).size,
        labels=None if labels is None else labels.astype(np.int64),
        n_classes=n_classes or 0,
        embeddings=views,
    )


def unit_measures(kind: str, variant: str) -> list[tuple[MeasureRecord, str]]:
    """The measures of units that are formulas on one kind of totals and say which way is better, with their
    keys.
    """
    return [
        (record, f"{record.name}[{variant}]" if variant else record.name)
        for record in registry().values()
        if record.totals == kind and record.level == "unit" and record.higher_is_better is not None
    ]
