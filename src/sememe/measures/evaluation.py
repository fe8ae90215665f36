"""One unit set, scored: every measure that the evidence allows, with replicates for intervals.

Neurons, and components of any dictionary, pass through the same lines. Per measure there are three means over
units:

- ``mean``, the main figure: a unit without a score (dead, or fired by a single item) counts as 0, or as the
  worst end of the range where low is good;
- ``alive``: over the units that have a score;
- ``corrected``: each score as a share of the way from its own null to perfect,
  ``(score - null) / (best - null)``; units without a score count as 0. NaN for a measure without a best
  value.

The **null** of a unit is its score when its firings are dealt to random items: same density, same strengths,
no meaning; see :func:`~sememe.measures.unit_sums.null_scores`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int, Real
from scipy import sparse

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Estimate
from sememe.measures.codes import Codes, checked, is_sparse, strongest_first, sums_by_key
from sememe.measures.concepts.choice import of_columns
from sememe.measures.concepts.concept_coverage import concept_coverage, coverage_replicates
from sememe.measures.concepts.scored import Chosen
from sememe.measures.evidence import Evidence
from sememe.measures.fidelity.firing_totals import FiringSums
from sememe.measures.fidelity.network_totals import NetworkSums
from sememe.measures.fidelity.variance_totals import VarianceSums
from sememe.measures.record import MeasureRecord, registry
from sememe.measures.signs import halves
from sememe.measures.similarity.top_totals import greatest_codes
from sememe.measures.totals import Sums, weighted
from sememe.measures.unit_sums import Part, null_scores, unit_measures, unit_sums
from sememe.progress import Progress, silent

CHUNK = 128
"""Units scored at a time: bounds the memory that replicates of all units together would need."""

WORTH_IT = 0.7
"""Share of non-zero codes up to which CSR is the faster layout."""


@dataclass(frozen=True, eq=False)
class Logits:
    """What the network says of the split's images, whole and changed; a row an image, in the resampling's
    order.
    """

    original: Real[np.ndarray, "images classes"]
    spliced: Real[np.ndarray, "images classes"]
    """With the reconstruction in the layer's place."""
    labels: np.ndarray
    """``(images,)``: the class of each image."""
    ablated: Mapping[str, np.ndarray] = field(default_factory=dict)
    """``(images, classes)`` by the kind of ablation: ``{"zero": ..., "mean": ...}``."""
    image: Int[np.ndarray, " images"] | None = None
    """Which of the split's images these are, where not all were passed through; None: all, in order."""


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


@dataclass(frozen=True, eq=False)
class Evaluation:
    """All scores of one unit set on one split."""

    name: str
    """The family that it belongs to: ``"TopKSAE"``. Evaluations of one name make one frontier."""
    settings: Mapping[str, object]
    """What was swept: ``{"k": 8, "n_components": 512}``. Kept for the reader, not interpreted."""
    n_items: int
    n_images: int
    n_units: int
    n_dead: int
    density: Float[np.ndarray, " units"]
    sets: Mapping[str, Estimate]
    """Measures of the whole set by name: ``l0``, ``dead_fraction``, ``fvu``, ``loss_recovered[zero]`` ..."""
    units: Mapping[str, UnitScores]
    """Measures of units by name and embedding: ``monosemanticity_score[cnn, centred]``."""


def evaluate(
    codes: Codes,
    evidence: Evidence,
    *,
    name: str,
    settings: Mapping[str, object] | None = None,
    reconstruction: tuple[np.ndarray, np.ndarray] | None = None,
    logits: Logits | None = None,
    chosen: Chosen = None,
    progress: Progress = silent,
) -> Evaluation:
    """Score one unit set.

    Args:
        codes: ``(items, units)``, dense or CSR, of any sign.
        evidence: of the same items.
        name: the family of the unit set; evaluations of one name become one frontier.
        settings: what distinguishes it within the family.
        reconstruction: ``(x, x_hat)``, both ``(items, neurons)``; for neurons themselves ``(x, x)``.
        logits: of the split's images, for the measures through the network.
        chosen: the concept of each unit, from :func:`~sememe.measures.choose_concepts` on other items; None:
            chosen on these, which flatters every unit (and its null).

    Raises:
        MeasureError: codes that are not finite, or do not fit the evidence.
    """
    codes = checked(codes)
    if codes.shape[0] != evidence.n_items:
        raise MeasureError(
            f"The codes of {name!r} have {codes.shape[0]:,} items, the evidence {evidence.n_items:,}."
        )
    firing = FiringSums(codes.shape[1], evidence.resampling.n_groups)
    firing.update(codes, evidence.group)
    sets = _set_scores("firing", "", firing, evidence)
    if reconstruction is not None:
        variance = VarianceSums(reconstruction[0].shape[1], evidence.resampling.n_groups)
        variance.update(*reconstruction, evidence.group)
        sets |= _set_scores("variance", "", variance, evidence)
    if logits is not None:
        sets |= _network_scores(logits, evidence)
    if evidence.concepts is not None:
        drawn = coverage_replicates(codes, evidence.concepts, evidence.group, evidence.resampling.weights)
        sets["concept_coverage"] = Estimate(concept_coverage(codes, evidence.concepts), drawn)
    firings = firing.totals().firings
    return Evaluation(
        name=name,
        settings=dict(settings or {}),
        n_items=evidence.n_items,
        n_images=evidence.n_images,
        n_units=codes.shape[1],
        n_dead=int((firings == 0).sum()),
        density=firings / evidence.n_items,
        sets=sets,
        units=_unit_scores(codes, evidence, chosen, progress),
    )


def _set_scores(kind: str, variant: str, sums: Sums, evidence: Evidence) -> dict[str, Estimate]:
    whole, drawn = sums.totals(), sums.totals(evidence.resampling.weights)
    scores = {}
    for record in registry().values():
        if record.totals == kind and record.level == "set":
            key = f"{record.name}[{variant}]" if variant else record.name
            value = float(record.from_totals(whole))
            scores[key] = Estimate(value, np.asarray(record.from_totals(drawn), np.float64))
    return scores


def _network_scores(logits: Logits, evidence: Evidence) -> dict[str, Estimate]:
    group = evidence.resampling.group if logits.image is None else evidence.resampling.group[logits.image]
    if logits.original.shape[0] != group.shape[0]:
        raise MeasureError(
            f"There are logits of {logits.original.shape[0]:,} images, but {group.shape[0]:,} are resampled: "
            "say with `image` which ones they are."
        )
    scores: dict[str, Estimate] = {}
    for variant, ablated in {"": None, **logits.ablated}.items():
        sums = NetworkSums(evidence.resampling.n_groups)
        sums.update(logits.original, logits.spliced, logits.labels, ablated, group)
        found = _set_scores("network", variant, sums, evidence)
        # Only the loss recovered knows of the ablation; the others are the same whichever it was.
        scores |= {key: found[key] for key in found if key.startswith("loss_recovered") == bool(variant)}
    return scores


class _Means:
    """The three means over units of one measure, gathered chunk by chunk."""

    def __init__(self, record: MeasureRecord, n_units: int, replicates: int) -> None:
        self.record = record
        self.values, self.null = np.full(n_units, np.nan), np.full(n_units, np.nan)
        self._drawn = np.zeros((3, replicates))
        self._alive_units = np.zeros(replicates)

    def add(
        self,
        chunk: slice,
        values: Float[np.ndarray, " chunk"],
        null: Float[np.ndarray, " chunk"],
        drawn: Float[np.ndarray, "replicates chunk"],
        times: Float[np.ndarray, "replicates chunk"],
    ) -> None:
        self.values[chunk], self.null[chunk] = values, null
        scored = ~np.isnan(drawn)
        known = np.where(scored, drawn, 0.0)
        self._drawn[0] += (times * np.where(scored, known, self.record.dead_value)).sum(axis=1)
        self._drawn[1] += (times * known).sum(axis=1)
        shares = _corrected(self.record, drawn, null)
        self._drawn[2] += (times * np.nan_to_num(shares)).sum(axis=1)
        self._alive_units += (times * scored).sum(axis=1)

    def scores(self) -> UnitScores:
        n_units, scored = self.values.size, ~np.isnan(self.values)
        shares = _corrected(self.record, self.values, self.null)
        corrected = np.nan_to_num(shares) if np.isfinite(self.record.best) else shares
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
            corrected=Estimate(float(corrected.mean()), self._drawn[2] / n_units),
        )


def _corrected(
    record: MeasureRecord, scores: Float[np.ndarray, "*batch units"], null: Float[np.ndarray, " units"]
) -> Float[np.ndarray, "*batch units"]:
    if not np.isfinite(record.best):
        return np.full(scores.shape, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = (scores - null) / (record.best - null)
    return np.where(np.isfinite(shares), shares, np.nan)


def _unit_scores(
    codes: Codes, evidence: Evidence, chosen: Chosen, progress: Progress
) -> dict[str, UnitScores]:
    n_units, resampling = codes.shape[1], evidence.resampling
    columns = codes.tocsc() if is_sparse(codes) else codes
    times = resampling.unit_weights(n_units)
    means: dict[str, _Means] = {}
    for start in range(0, n_units, CHUNK):
        chunk = slice(start, min(start + CHUNK, n_units))
        taken = columns[:, chunk]
        split = halves(taken.tocsr() if is_sparse(taken) else np.ascontiguousarray(taken))
        # Found once for every embedding and every deal of the null.
        greatest = greatest_codes(split.codes) if evidence.embeddings else None
        split = replace(split, codes=_sparse_if_worth_it(split.codes))
        concept = None if chosen is None else of_columns(chosen[:, chunk], split)
        ranking = None if evidence.concepts is None else strongest_first(split.codes)
        part = Part(split, greatest, ranking, concept)
        mass = sums_by_key(evidence.group, resampling.n_groups, split.codes)
        nulls = null_scores(evidence, part)
        for kind, variant, sums in unit_sums(evidence, part, evidence.group):
            whole, drawn = sums.totals(), sums.totals(resampling.weights)
            for record, key in unit_measures(evidence, kind, variant):
                gathered = means.setdefault(key, _Means(record, n_units, resampling.replicates))
                values = split.join(record.from_totals(whole), mass.sum(axis=0))
                replicates = split.join(record.from_totals(drawn), weighted(mass, resampling.weights))
                null = np.where(np.isnan(values), np.nan, nulls[key])
                gathered.add(chunk, values, null, replicates, times[:, chunk])
        progress(chunk.stop / n_units, f"{chunk.stop} of {n_units} units")
    return {key: gathered.scores() for key, gathered in means.items()}


def _sparse_if_worth_it(codes: Codes) -> Codes:
    """Codes that are mostly zero as CSR: their firings are then found once and not by every accumulator."""
    if is_sparse(codes) or np.count_nonzero(codes) > codes.size * WORTH_IT:
        return codes
    return sparse.csr_array(codes)
