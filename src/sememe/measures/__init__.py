"""Measures: neurons and the components of any dictionary under one protocol, with controls and intervals.

Every measure is a pure function of arrays, with a record of what it means::

    from sememe import measures

    measures.fvu(x, x_hat)                                     # one number
    measures.monosemanticity_score(activations, embeddings)    # one a unit
    measures.registry()["fvu"]                                 # .formula .source .range .dead ...

**One unit set, with intervals.** Gather what is known of the items once a layer, and evaluate::

    resampling = measures.resample(n_images=5000, seed=0)      # once a split; pairs all unit sets
    evidence = measures.evidence(
        resampling,
        image=image,                 # (items,) image of each item from 0; None: one item an image, in order
        labels=labels,               # (items,) class of each item
        n_classes=10,
        embeddings={"cnn": rows},    # (items, d) by encoder; each is scored centred, too
        concepts=concepts,           # (items, concepts) bool
    )
    evaluation = measures.evaluate(
        codes,                       # (items, units), dense or CSR; for neurons the activations
        evidence,
        name="TopKSAE",              # evaluations of one name are one sweep
        settings={"k": 8},
        reconstruction=(x, x_hat),   # (items, neurons) each; (x, x) for the neurons
        logits=measures.Logits(original, spliced, labels, ablated={"zero": zero, "mean": mean}),
        chosen=measures.choose_concepts(development_codes, development_concepts),
        finders=measures.choose_units(development_codes, development_concepts),
        also={"simulation[cnn]": sums},   # simulation_sums, effect_sums, dose_sums, partner_sums
    )
    evaluation.sets["fvu"].value, evaluation.sets["fvu"].low, evaluation.sets["fvu"].high
    scores = evaluation.units["class_selectivity"]    # .values .null; .mean .alive .corrected

Everything but codes, evidence and name may be left out; the measures that need it are then left out.

Where much is compared, ``evaluate_fidelity`` comes first, for every unit set; ``evaluate_units`` then for
those that a place of comparison asks for (``Match.needed``), of all units or of a draw. ``sememe.judging``
does so.

Several seeds of one setting become one evaluation by ``measures.pool_seeds(evaluations, resampling)``.

Two measures of a whole set stand on arrays of their own; each gets its interval apart, by
``measures.estimate("targeted_removal", measures.removal_sums(...), resampling)`` and
``measures.response_estimate(measures.movement_sums(...), resampling)``.

**Several, compared.** Hand over all evaluations of all sweeps of a layer::

    table = measures.compare("fc1", evaluations, controls=["neurons", "random"], fvu=(0.05, 0.02), l0=(8,))
    table.rows, table.differences, table.answers["fc1"], table.sentences["fc1"]
    files.write_json(path, table.to_dict())
    table = measures.MeasureTable.from_dict(files.read_json(path))

Tables of several layers are added with ``+``.

**Larger than memory.** Feed an accumulator (``VarianceSums``, ``FiringSums``, ``NetworkSums``, ``ClassSums``,
``HistogramSums``, ``PairSums``, ``TopSums``, ``ConceptSums``, ``EffectSums``, ``CorrelationSums``) batch by
batch; a plain function is one of them fed once. A record's formula works on its totals::

    sums = measures.PairSums(n_units, n_dimensions)
    for codes, rows in batches:
        sums.update(codes, measures.unit_length(rows))
    measures.registry()["monosemanticity_score"].from_totals(sums.totals())
"""

from sememe.measures.bootstrap import Difference, Estimate, Resampling, difference, holm, over_seeds, resample
from sememe.measures.cause.counterfactual_response import (
    counterfactual_response,
    movement,
    movement_sums,
    response_estimate,
)
from sememe.measures.cause.direct_effect_agreement import direct_effect_agreement
from sememe.measures.cause.dose_response import dose_response, dose_sums
from sememe.measures.cause.effect_specificity import effect_specificity
from sememe.measures.cause.effect_totals import EffectSums, effect_sums
from sememe.measures.cause.flip_rate import flip_rate
from sememe.measures.cause.targeted_removal import (
    RemovalSums,
    accuracy_lost,
    attached_units,
    removal_sums,
    targeted_removal,
)
from sememe.measures.comparison import compare, match_all, targets_of
from sememe.measures.concepts.choice import choose_concepts
from sememe.measures.concepts.concept_average_precision import concept_average_precision
from sememe.measures.concepts.concept_coverage import best_units, choose_units, concept_coverage
from sememe.measures.concepts.concept_f1 import concept_f1
from sememe.measures.concepts.concept_generality import concept_generality
from sememe.measures.concepts.concept_iou import concept_iou
from sememe.measures.concepts.concept_share import concept_share
from sememe.measures.concepts.concept_totals import ConceptSums
from sememe.measures.concepts.interval_precision import interval_precision, precision_by_interval
from sememe.measures.concepts.ranked_totals import RankedSums
from sememe.measures.estimate import estimate
from sememe.measures.evaluation import (
    Evaluation,
    Given,
    Logits,
    evaluate,
    evaluate_fidelity,
    evaluate_units,
)
from sememe.measures.evaluation_file import load_evaluation, save_evaluation
from sememe.measures.evidence import Evidence, evidence
from sememe.measures.fidelity.accuracy import accuracy
from sememe.measures.fidelity.agreement import agreement
from sememe.measures.fidelity.cross_entropy import cross_entropy
from sememe.measures.fidelity.dead_fraction import dead_fraction
from sememe.measures.fidelity.density import density, density_histogram
from sememe.measures.fidelity.explained_variance import explained_variance
from sememe.measures.fidelity.firing_totals import FiringSums
from sememe.measures.fidelity.fvu import fvu
from sememe.measures.fidelity.kl_divergence import kl_divergence
from sememe.measures.fidelity.l0 import l0
from sememe.measures.fidelity.loss_recovered import loss_recovered
from sememe.measures.fidelity.network_totals import NetworkSums
from sememe.measures.fidelity.variance_totals import VarianceSums
from sememe.measures.frontier import Match, Target, frontier, match
from sememe.measures.record import FAMILIES, MeasureRecord, measure, registry
from sememe.measures.recovery.matched_correlation import matched_correlation
from sememe.measures.recovery.mean_max_cosine import mean_max_cosine
from sememe.measures.recovery.recovery_f1 import recovery_f1
from sememe.measures.recovery.recovery_precision import recovery_precision
from sememe.measures.recovery.recovery_recall import recovery_recall
from sememe.measures.recovery.shrinkage import shrinkage
from sememe.measures.recovery.uniqueness import uniqueness
from sememe.measures.seeds import pool_seeds
from sememe.measures.selectivity.class_information import class_information
from sememe.measures.selectivity.class_selectivity import class_selectivity
from sememe.measures.selectivity.class_totals import ClassSums
from sememe.measures.selectivity.concept_separability import concept_separability
from sememe.measures.selectivity.dominant_firing import dominant_firing
from sememe.measures.selectivity.dominant_mass import dominant_mass
from sememe.measures.selectivity.histogram_totals import HistogramSums
from sememe.measures.similarity.clarity import clarity
from sememe.measures.similarity.embeddings import unit_length
from sememe.measures.similarity.monosemanticity_score import monosemanticity_score
from sememe.measures.similarity.pair_totals import PairSums
from sememe.measures.similarity.polysemanticity import polysemanticity
from sememe.measures.similarity.top_totals import TopSums
from sememe.measures.simulation.interval_simulation import interval_simulation, simulation_by_interval
from sememe.measures.simulation.simulate import simulate
from sememe.measures.simulation.simulation_score import (
    simulation_score,
    simulation_sums,
)
from sememe.measures.stability.matched_cosine import matched_cosine
from sememe.measures.stability.share_matched import share_matched
from sememe.measures.stability.universality import CorrelationSums, partner_sums, universality
from sememe.measures.table import DifferenceRow, MeasureTable, Row
from sememe.measures.unit_scores import UnitScores

__all__ = [
    "FAMILIES",
    "ClassSums",
    "ConceptSums",
    "CorrelationSums",
    "Difference",
    "DifferenceRow",
    "EffectSums",
    "Estimate",
    "Evaluation",
    "Evidence",
    "FiringSums",
    "Given",
    "HistogramSums",
    "Logits",
    "Match",
    "MeasureRecord",
    "MeasureTable",
    "NetworkSums",
    "PairSums",
    "RankedSums",
    "RemovalSums",
    "Resampling",
    "Row",
    "Target",
    "TopSums",
    "UnitScores",
    "VarianceSums",
    "accuracy",
    "accuracy_lost",
    "agreement",
    "attached_units",
    "best_units",
    "choose_concepts",
    "choose_units",
    "clarity",
    "class_information",
    "class_selectivity",
    "compare",
    "concept_average_precision",
    "concept_coverage",
    "concept_f1",
    "concept_generality",
    "concept_iou",
    "concept_separability",
    "concept_share",
    "counterfactual_response",
    "cross_entropy",
    "dead_fraction",
    "density",
    "density_histogram",
    "difference",
    "direct_effect_agreement",
    "dominant_firing",
    "dominant_mass",
    "dose_response",
    "dose_sums",
    "effect_specificity",
    "effect_sums",
    "estimate",
    "evaluate",
    "evaluate_fidelity",
    "evaluate_units",
    "evidence",
    "explained_variance",
    "flip_rate",
    "frontier",
    "fvu",
    "holm",
    "interval_precision",
    "interval_simulation",
    "kl_divergence",
    "l0",
    "load_evaluation",
    "loss_recovered",
    "match",
    "match_all",
    "matched_correlation",
    "matched_cosine",
    "mean_max_cosine",
    "measure",
    "monosemanticity_score",
    "movement",
    "movement_sums",
    "over_seeds",
    "partner_sums",
    "polysemanticity",
    "pool_seeds",
    "precision_by_interval",
    "recovery_f1",
    "recovery_precision",
    "recovery_recall",
    "registry",
    "removal_sums",
    "resample",
    "response_estimate",
    "save_evaluation",
    "share_matched",
    "shrinkage",
    "simulate",
    "simulation_by_interval",
    "simulation_score",
    "simulation_sums",
    "targeted_removal",
    "targets_of",
    "uniqueness",
    "unit_length",
    "universality",
]
