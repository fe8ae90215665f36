"""One unit set, scored: every measure that the evidence allows, with replicates for intervals.

Neurons, and components of any dictionary, pass through the same lines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from jaxtyping import Float, Int, Real

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Estimate
from sememe.measures.codes import Codes, checked
from sememe.measures.concepts.concept_coverage import Finders, coverage_estimate
from sememe.measures.concepts.scored import Chosen
from sememe.measures.evidence import Evidence
from sememe.measures.fidelity.firing_totals import FiringSums
from sememe.measures.fidelity.network_totals import NetworkSums
from sememe.measures.fidelity.variance_totals import VarianceSums
from sememe.measures.record import registry
from sememe.measures.totals import Sums
from sememe.measures.unit_scores import UnitScores, given_scores, given_values, unit_scores
from sememe.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Logits:
    """What the network says of the split's images, whole and changed; rows as in the resampling."""

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
class Evaluation:
    """All scores of one unit set on one split."""

    name: str
    """The family that it belongs to: ``"TopKSAE"``. Evaluations of one name make one frontier."""
    settings: Mapping[str, object]
    """What was swept: ``{"k": 8, "n_components": 512}``. Kept for the reader, not interpreted."""
    n_items: int
    n_images: int
    n_groups: int
    """Groups of images that a replicate draws from."""
    n_units: int
    n_dead: int
    density: Float[np.ndarray, " units"]
    sets: Mapping[str, Estimate]
    """Measures of the whole set by name: ``l0``, ``dead_fraction``, ``fvu``, ``loss_recovered[zero]`` ..."""
    units: Mapping[str, UnitScores]
    """Measures of units by name and embedding: ``monosemanticity_score[cnn, centred]``."""
    scored: Int[np.ndarray, " scored"] | None = None
    """The units that ``units`` scores, where not all were: their numbers, rising."""

    @property
    def n_scored(self) -> int:
        """Units behind each mean over units."""
        return self.n_units if self.scored is None else self.scored.size


@dataclass(frozen=True, eq=False)
class Given:
    """Scores that need more than codes, made by the caller; of the units that are scored, in their order."""

    sums: Mapping[str, Sums] = field(default_factory=dict)
    """By kind, with a variant in brackets: ``{"simulation[cnn]": simulation_sums(...), "effect": ...}``, each
    with ``group=evidence.group`` (for logits the resampling's group of each image) and ``n_groups``."""
    values: Mapping[str, Float[np.ndarray, " units"]] = field(default_factory=dict)
    """By measure, for those that are no function of sums over items: ``{"universality": universality(...)}``.
    Their intervals come from the draw of units alone."""
    sets: Mapping[str, Estimate] = field(default_factory=dict)
    """Measures of the whole set by name, with replicates: ``{"targeted_removal": removal_estimate(...)}``."""


def evaluate(
    codes: Codes,
    evidence: Evidence,
    *,
    name: str,
    settings: Mapping[str, object] | None = None,
    reconstruction: tuple[np.ndarray, np.ndarray] | None = None,
    logits: Logits | None = None,
    chosen: Chosen = None,
    finders: Finders = None,
    also: Mapping[str, Sums] | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Score one unit set: :func:`evaluate_fidelity`, then :func:`evaluate_units`.

    Args:
        codes: ``(items, units)``, dense or CSR, of any sign.
        evidence: of the same items.
        name: the family of the unit set; evaluations of one name become one frontier.
        settings: what distinguishes it within the family.
        reconstruction: ``(x, x_hat)``, both ``(items, neurons)``; for neurons themselves ``(x, x)``.
        logits: of the split's images, for the measures through the network.
        chosen: the concept of each unit, from :func:`~sememe.measures.choose_concepts` on other items; None:
            chosen on these, which flatters every unit (and its null).
        finders: the unit for each concept, from :func:`~sememe.measures.choose_units` on other items; None:
            chosen on these, which flatters every set.
        also: sums for measures that need more than codes; see :attr:`Given.sums`.

    Raises:
        MeasureError: codes that are not finite, or do not fit the evidence.
    """
    found = evaluate_fidelity(
        codes, evidence, name=name, settings=settings, reconstruction=reconstruction, logits=logits
    )
    given = Given(sums=also or {})
    return evaluate_units(
        found, codes, evidence, chosen=chosen, finders=finders, given=given, progress=progress
    )


def evaluate_fidelity(
    codes: Codes,
    evidence: Evidence,
    *,
    name: str,
    settings: Mapping[str, object] | None = None,
    reconstruction: tuple[np.ndarray, np.ndarray] | None = None,
    logits: Logits | None = None,
) -> Evaluation:
    """How much of the layer a unit set keeps, and how sparsely; cheap, and all that matching needs.

    Takes what :func:`evaluate` takes. The scores of units follow by :func:`evaluate_units`.
    """
    codes = _fitting(codes, evidence, name)
    firing = FiringSums(codes.shape[1], evidence.resampling.n_groups)
    firing.update(codes, evidence.group)
    sets = _set_scores("firing", "", firing, evidence)
    if reconstruction is not None:
        variance = VarianceSums(reconstruction[0].shape[1], evidence.resampling.n_groups)
        variance.update(*reconstruction, evidence.group)
        sets |= _set_scores("variance", "", variance, evidence)
    if logits is not None:
        sets |= _network_scores(logits, evidence)
    firings = firing.totals().firings
    return Evaluation(
        name=name,
        settings=dict(settings or {}),
        n_items=evidence.n_items,
        n_images=evidence.n_images,
        n_groups=evidence.resampling.n_groups,
        n_units=codes.shape[1],
        n_dead=int((firings == 0).sum()),
        density=firings / evidence.n_items,
        sets=sets,
        units={},
    )


def evaluate_units(
    evaluation: Evaluation,
    codes: Codes,
    evidence: Evidence,
    *,
    chosen: Chosen = None,
    finders: Finders = None,
    scored: Int[np.ndarray, " scored"] | None = None,
    given: Given | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """The evaluation with every measure of units that the evidence allows, and what was given.

    Args:
        evaluation: from :func:`evaluate_fidelity`, of the same codes.
        codes, evidence, chosen, finders: as in :func:`evaluate`; ``chosen`` is of the scored units.
        scored: numbers of the units to score, where a draw is enough; None: all.
        given: scores that need more than codes, of the scored units.

    Raises:
        MeasureError: codes that are not finite, or do not fit the evidence; given scores that do not fit.
    """
    codes, given = _fitting(codes, evidence, evaluation.name), given or Given()
    sets = dict(evaluation.sets)
    if evidence.concepts is not None:
        sets["concept_coverage"] = coverage_estimate(
            codes, evidence.concepts, finders, evidence.group, evidence.resampling
        )
    if scored is not None and not (scored.size and 0 <= scored.min() <= scored.max() < codes.shape[1]):
        told = f"{scored.min()} to {scored.max()}" if scored.size else "none"
        raise MeasureError(f"The units to score are {told}: name some of 0 to {codes.shape[1] - 1}.")
    some = codes if scored is None else codes[:, scored]
    units = unit_scores(some, evidence, chosen, progress)
    units |= given_scores(given.sums, some.shape[1], evidence)
    units |= given_values(given.values, some.shape[1], evidence)
    return replace(evaluation, sets=sets | dict(given.sets), units=units, scored=scored)


def _fitting(codes: Codes, evidence: Evidence, name: str) -> Codes:
    codes = checked(codes)
    if codes.shape[0] != evidence.n_items:
        raise MeasureError(
            f"The codes of {name!r} have {codes.shape[0]:,} items, the evidence {evidence.n_items:,}."
        )
    return codes


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
    group = evidence.resampling.group
    if logits.image is not None:
        if logits.image.size and not 0 <= logits.image.min() <= logits.image.max() < group.size:
            raise MeasureError(
                f"There are logits of the images {logits.image.min()} to {logits.image.max()}, but "
                f"{group.size:,} images are resampled: number the images of the split from 0."
            )
        group = group[logits.image]
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
