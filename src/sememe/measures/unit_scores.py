"""The scores of all units of a set on one measure, their mean in three ways, and the replicates of each.

- ``mean``, the main figure: a unit without a score (dead, or fired by a single item) counts as 0, or as the
  worst end of the range where low is good;
- ``alive``: over the units that have a score;
- ``corrected``: each score as a share of the way from its own null to perfect,
  ``(score - null) / (best - null)``; units without a score count as 0. NaN for a measure without a null or a
  best.

The **null** of a unit is its score when its firings are dealt to random items: same density, same strengths,
no meaning; see :func:`~sememe.measures.unit_sums.null_scores`.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from jaxtyping import Float
from scipy import sparse
from threadpoolctl import threadpool_limits

from sememe.errors import MeasureError, choices
from sememe.measures.bootstrap import Estimate
from sememe.measures.codes import Codes, is_sparse, strongest_first, sums_by_key
from sememe.measures.concepts.choice import of_columns
from sememe.measures.concepts.scored import Chosen, check_chosen
from sememe.measures.evidence import Evidence
from sememe.measures.record import MeasureRecord, registry
from sememe.measures.signs import halves
from sememe.measures.similarity.top_totals import greatest_codes
from sememe.measures.totals import Sums, weighted
from sememe.measures.unit_intervals import unit_intervals
from sememe.measures.unit_sums import Part, null_scores, unit_measures, unit_sums
from sememe.progress import Progress

CHUNK = 128
"""Units scored at a time: bounds the memory that replicates of all units together would need."""

WORTH_IT = 0.7
"""Share of non-zero codes up to which CSR is the faster layout."""


Ends: TypeAlias = tuple[Float[np.ndarray, " units"], Float[np.ndarray, " units"]]
"""Lower and upper ends of intervals."""


@dataclass(frozen=True, eq=False)
class UnitScores:
    """One measure on all units of a set."""

    record: MeasureRecord
    values: Float[np.ndarray, " units"]
    """NaN for a unit without a score."""
    null: Float[np.ndarray, " units"]
    """The same unit's score when its firings are dealt to random items."""
    mean: Estimate
    alive: Estimate
    corrected: Estimate
    low: Float[np.ndarray, " units"] | None = None
    """Ends of each unit's own 95 % interval over images (``unit_intervals.py``). NaN for a unit without one,
    as all are where images do not move a measure; None where several seeds were pooled."""
    high: Float[np.ndarray, " units"] | None = None


class _Means:
    """The three means over units of one measure, gathered chunk by chunk."""

    def __init__(self, record: MeasureRecord, n_units: int, replicates: int) -> None:
        self.record = record
        self.values, self.null = np.full(n_units, np.nan), np.full(n_units, np.nan)
        self.low, self.high = np.full(n_units, np.nan), np.full(n_units, np.nan)
        self._drawn = np.zeros((3, replicates))
        self._alive_units = np.zeros(replicates)

    def add(
        self,
        chunk: slice,
        values: Float[np.ndarray, " chunk"],
        null: Float[np.ndarray, " chunk"],
        drawn: Float[np.ndarray, "replicates chunk"],
        times: Float[np.ndarray, "replicates chunk"],
        ends: Ends | None,
    ) -> None:
        self.values[chunk], self.null[chunk] = values, null
        if ends is not None:
            self.low[chunk], self.high[chunk] = ends
        scored = ~np.isnan(drawn)
        known = np.where(scored, drawn, 0.0)
        self._drawn[0] += (times * np.where(scored, known, self.record.dead_value)).sum(axis=1)
        self._drawn[1] += (times * known).sum(axis=1)
        shares = _corrected(self.record, drawn, null)
        self._drawn[2] += (times * np.nan_to_num(shares)).sum(axis=1)
        self._alive_units += (times * scored).sum(axis=1)

    def scores(self) -> UnitScores:
        n_units, scored = self.values.size, ~np.isnan(self.values)
        corrected = np.nan_to_num(_corrected(self.record, self.values, self.null))
        # All units dead leave no null either, and still are 0 of the way to perfect.
        without = not np.isfinite(self.record.best) or (scored.any() and np.isnan(self.null).all())
        with np.errstate(invalid="ignore", divide="ignore"):
            alive = self._drawn[1] / self._alive_units
        return UnitScores(
            record=self.record,
            values=self.values,
            null=self.null,
            mean=Estimate(
                float(np.where(scored, self.values, self.record.dead_value).mean()), self._drawn[0] / n_units
            ),
            alive=Estimate(float(self.values[scored].mean()) if scored.any() else float("nan"), alive),
            corrected=Estimate(
                float("nan") if without else float(corrected.mean()), self._drawn[2] / n_units
            ),
            low=self.low,
            high=self.high,
        )


def _corrected(
    record: MeasureRecord, scores: Float[np.ndarray, "*batch units"], null: Float[np.ndarray, " units"]
) -> Float[np.ndarray, "*batch units"]:
    if not np.isfinite(record.best):
        return np.full(scores.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = (scores - null) / (record.best - null)
    return np.where(np.isfinite(shares), shares, np.nan)


@dataclass(frozen=True, eq=False)
class _Chunk:
    """One measure on some of the units."""

    key: str
    record: MeasureRecord
    values: Float[np.ndarray, " chunk"]
    null: Float[np.ndarray, " chunk"]
    drawn: Float[np.ndarray, "replicates chunk"]
    ends: Ends


def unit_scores(
    codes: Codes, evidence: Evidence, chosen: Chosen, progress: Progress
) -> dict[str, UnitScores]:
    """Every measure of units that the evidence allows, a chunk of units at a time, a chunk on each core.

    The matrix products of a chunk are small. A BLAS that spreads each of them over all cores spends more time
    on waking threads than on products, so it gets one thread, and the cores get chunks.
    """
    n_units, resampling = codes.shape[1], evidence.resampling
    if chosen is not None and evidence.concepts is not None:
        check_chosen(chosen, n_units, evidence.concepts.shape[1])
    columns = codes.tocsc() if is_sparse(codes) else codes
    times = resampling.unit_weights(n_units)
    chunks = [slice(start, min(start + CHUNK, n_units)) for start in range(0, n_units, CHUNK)]
    dealt = evidence.dealt
    means: dict[str, _Means] = {}
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(_cores()) as pool:
        for chunk, found in zip(
            chunks,
            pool.map(lambda chunk: list(_score_chunk(columns, chunk, evidence, dealt, chosen)), chunks),
            strict=True,
        ):
            for part in found:
                gathered = means.setdefault(part.key, _Means(part.record, n_units, resampling.replicates))
                gathered.add(chunk, part.values, part.null, part.drawn, times[:, chunk], part.ends)
            progress(chunk.stop / n_units, f"{chunk.stop} of {n_units} units")
    return {key: gathered.scores() for key, gathered in means.items()}


def _score_chunk(
    columns: Any, chunk: slice, evidence: Evidence, dealt: Sequence[Evidence], chosen: Chosen
) -> Iterator[_Chunk]:
    taken = columns[:, chunk]
    split = halves(taken.tocsr() if is_sparse(taken) else np.ascontiguousarray(taken))
    # Found once for every embedding and every deal of the null.
    greatest = greatest_codes(split.codes) if evidence.embeddings else None
    split = replace(split, codes=_sparse_if_worth_it(split.codes))
    ranking = None if evidence.concepts is None else strongest_first(split.codes)
    concept = None if chosen is None else of_columns(chosen[:, chunk], split)
    part = Part(split, greatest, ranking, concept)
    resampling = evidence.resampling
    mass = sums_by_key(evidence.group, resampling.n_groups, split.codes)
    drawn_mass, nulls = weighted(mass, resampling.weights), null_scores(evidence, dealt, part)
    for kind, variant, sums in unit_sums(evidence, part, evidence.group):
        whole, drawn = sums.totals(), sums.totals(resampling.weights)
        for record, key in unit_measures(evidence, kind, variant):
            values = split.join(record.from_totals(whole), mass.sum(axis=0))
            null = np.where(np.isnan(values), np.nan, nulls[key])
            resampled = split.join(record.from_totals(drawn), drawn_mass)
            ends = unit_intervals(values, resampled, record.range)
            yield _Chunk(key, record, values, null, resampled, ends)


def _cores() -> int:
    """Cores that this process may use, which on a shared machine are fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


# Where the null of a measure on given sums is known without dealing anything: a rank correlation's is 0.
_KNOWN_NULLS = {"simulation": 0.0, "dose": 0.0}


def given_scores(sums: Mapping[str, Sums], n_units: int, evidence: Evidence) -> dict[str, UnitScores]:
    """The measures on sums that the caller made, over all units, because they need more than codes.

    Keys are kinds of sums, with a variant in brackets where there are several: ``"simulation[cnn]"``.

    Raises:
        MeasureError: a kind that no measure is a formula on, or sums of another number of units or groups.
    """
    weights = evidence.resampling.weights
    scores = {}
    for key, given in sums.items():
        kind, bracket, rest = key.partition("[")
        records = [r for r in registry().values() if r.totals == kind and r.level == "unit"]
        if not records:
            raise MeasureError(f"No measure of units is a formula on sums of the kind {kind!r}.")
        if given.n_groups != evidence.resampling.n_groups:
            raise MeasureError(
                f"The sums {key!r} keep {given.n_groups} groups and not {evidence.resampling.n_groups}: "
                "make them with `group` and `n_groups` of the resampling."
            )
        whole, drawn = given.totals(), given.totals(weights)
        null = _KNOWN_NULLS.get(kind, float("nan"))
        for record in records:
            values = record.from_totals(whole)
            if values.shape != (n_units,):
                raise MeasureError(f"The sums {key!r} are of {values.size} units, the codes of {n_units}.")
            named = record.name + bracket + rest
            resampled = record.from_totals(drawn)
            ends = unit_intervals(values, resampled, record.range)
            scores[named] = _gathered(record, values, null, resampled, ends, evidence)
    return scores


def given_values(
    values: Mapping[str, Float[np.ndarray, " units"]], n_units: int, evidence: Evidence
) -> dict[str, UnitScores]:
    """Measures of units that the caller computed; only the draw of units moves their replicates.

    Raises:
        MeasureError: a name that is no measure of units, or another number of units.
    """
    scores = {}
    for key, found in values.items():
        record = registry().get(key.partition("[")[0])
        if record is None or record.level != "unit":
            known = [record.name for record in registry().values() if record.level == "unit"]
            raise MeasureError(f"There is no measure of units called {key!r}{choices(key, known)}.")
        if found.shape != (n_units,):
            raise MeasureError(f"The values of {key!r} are of {found.size} units, the codes of {n_units}.")
        if np.isinf(found).any():
            raise MeasureError(
                f"{int(np.isinf(found).sum())} of the values of {key!r} are infinite: give NaN where a unit "
                "has no score."
            )
        drawn = np.broadcast_to(found.astype(np.float64), (evidence.resampling.replicates, n_units))
        scores[key] = _gathered(record, found.astype(np.float64), float("nan"), drawn, None, evidence)
    return scores


def _gathered(
    record: MeasureRecord,
    values: Float[np.ndarray, " units"],
    null: float,
    drawn: Float[np.ndarray, "replicates units"],
    ends: Ends | None,
    evidence: Evidence,
) -> UnitScores:
    n_units = values.size
    gathered = _Means(record, n_units, evidence.resampling.replicates)
    nulls = np.where(np.isnan(values), np.nan, null)
    gathered.add(slice(0, n_units), values, nulls, drawn, evidence.resampling.unit_weights(n_units), ends)
    return gathered.scores()


def _sparse_if_worth_it(codes: Codes) -> Codes:
    """Codes that are mostly zero as CSR: their firings are then found once and not by every accumulator."""
    if is_sparse(codes) or np.count_nonzero(codes) > codes.size * WORTH_IT:
        return codes
    return sparse.csr_array(codes)
