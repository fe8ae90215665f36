"""Which accumulators a unit set is fed to, given what is known of the items; and its null, by the same road.

A family that is added comes in here: its kind of sums is fed in :func:`unit_sums`, and every measure whose
record names that kind then has values, intervals and a null.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from sememe.measures.codes import extent, sums_by_key
from sememe.measures.concepts.choice import best_of_halves
from sememe.measures.concepts.concept_totals import ConceptSums
from sememe.measures.concepts.ranked_totals import RankedSums, Ranking
from sememe.measures.evidence import Evidence
from sememe.measures.record import MeasureRecord, registry
from sememe.measures.selectivity.class_totals import ClassSums
from sememe.measures.selectivity.histogram_totals import HistogramSums, firing_extent
from sememe.measures.signs import Halves
from sememe.measures.similarity.pair_totals import PairSums, mean_cosine
from sememe.measures.similarity.top_totals import Greatest, TopSums
from sememe.measures.totals import Sums


@dataclass(frozen=True, eq=False)
class Part:
    """Some units of a set, and what is found once for all accumulators."""

    halves: Halves
    greatest: Greatest | None
    """Of the halves' codes; needed where there are embeddings."""
    ranking: Ranking | None
    """Of the halves' codes; needed where there are concepts."""
    concept: Int[np.ndarray, " columns"] | None
    """Chosen on other items; None: chosen on these."""


def unit_sums(
    known: Evidence, part: Part, group: Int[np.ndarray, " items"] | None
) -> Iterator[tuple[str, str, Sums]]:
    """Feed a part to every accumulator that the evidence allows: kind, variant, sums.

    The variant names the embedding, ``""`` where there is only one way. ``group`` None: one group, no
    bootstrap, and nothing whose null is known exactly.
    """
    codes, n_groups = part.halves.codes, 1 if group is None else known.resampling.n_groups
    n_columns = codes.shape[1]
    if known.labels is not None:
        by_class = ClassSums(n_columns, known.n_classes, n_groups)
        by_class.update(codes, known.labels, group)
        yield "class", "", by_class
        histogram = HistogramSums(*firing_extent(codes), known.n_classes, n_groups)
        histogram.update(codes, known.labels, group)
        yield "histogram", "", histogram
    greatest = part.greatest
    if greatest is not None and known.deal is not None:
        greatest = known.deal[greatest[0]], greatest[1]
    for name, rows in known.embeddings.items():
        top = TopSums(n_columns, rows.shape[1], n_groups)
        top.update(codes, rows, group, greatest)
        yield "top", name, top
        if group is not None:
            pairs = PairSums(n_columns, rows.shape[1], n_groups)
            pairs.update(codes, rows, group)
            yield "pair", name, pairs
    if known.concepts is not None:
        concept = part.concept
        if concept is None:
            concept = best_of_halves(part.halves, known.concepts, part.ranking)
        ranked = RankedSums(concept, n_groups)
        ranked.update(codes, known.concepts, group, part.ranking)
        yield "ranked", "", ranked
        n_classes = max(known.n_classes, 1)
        summed = ConceptSums(concept, extent(codes)[1], known.concepts.shape[1], n_classes, n_groups)
        summed.update(codes, known.concepts, known.labels, group)
        yield "concept", "", summed


def null_scores(
    known: Evidence, deals: Sequence[Evidence], part: Part
) -> dict[str, Float[np.ndarray, " units"]]:
    """Each unit's score when its firings are dealt to random items: same density, no meaning.

    ``deals`` are :attr:`Evidence.dealt`. Exact where the mean over all deals is known: the monosemanticity
    score then is the mean cosine of two items. Otherwise the mean over a few seeded deals, the same for all
    units and unit sets. A concept that is chosen on the items scored is chosen anew on the dealt ones, so
    that the null has the same chances.
    """
    split = part.halves
    mass = sums_by_key(np.zeros(known.n_items, np.int64), 1, split.codes)[0]
    gathered: dict[str, list[np.ndarray]] = {}
    for dealt in deals:
        for kind, variant, sums in unit_sums(dealt, part, None):
            totals = sums.totals()
            for record, key in unit_measures(known, kind, variant):
                gathered.setdefault(key, []).append(split.join(record.from_totals(totals), mass))
    nulls = {key: np.mean(scores, axis=0) for key, scores in gathered.items()}
    for variant, rows in known.embeddings.items():
        for _, key in unit_measures(known, "pair", variant):
            nulls[key] = np.full(split.n_units, mean_cosine(rows))
    return nulls


def unit_measures(known: Evidence, kind: str, variant: str = "") -> list[tuple[MeasureRecord, str]]:
    """The measures of units on one kind of totals, as the evidence allows, each with its key."""
    return [
        (record, f"{record.name}[{variant}]" if variant else record.name)
        for record in registry().values()
        if record.totals == kind
        and record.level == "unit"
        and record.higher_is_better is not None
        and not (record.needs & {"labels", "concepts", "places"}) - known.has
    ]
