"""One unit set on one subject: a first look at its fidelity, then everything else."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy import sparse

from sememe.dictionaries import Dictionary
from sememe.errors import MeasureError
from sememe.judging.effects import unit_effects
from sememe.judging.removal import counterfactual_estimates, removal_estimates
from sememe.judging.subject import Subject
from sememe.judging.unit_set import Coded, UnitSet
from sememe.measures import (
    Estimate,
    Evaluation,
    Given,
    Logits,
    Resampling,
    choose_concepts,
    choose_units,
    evaluate_fidelity,
    evaluate_units,
    partner_sums,
    simulate,
    simulation_sums,
)
from sememe.measures.matching import best_matching, cosines
from sememe.measures.stability.share_matched import SAME
from sememe.measures.totals import Sums


def look(subject: Subject, unit_set: UnitSet) -> Coded:
    """Codes and fidelity of a unit set: all that matching needs, and cheap.

    Raises:
        MeasureError: a dictionary that reads another number of neurons than its source gives.
    """
    if unit_set.source not in subject.items:
        raise MeasureError(
            f"{unit_set.family} reads {unit_set.source!r}, which {subject.layer} was not read with: "
            f"name it in the subject's sources."
        )
    x = subject.items[unit_set.source].report
    dictionary = unit_set.dictionary
    if dictionary.n_features_in_ != x.shape[1]:
        raise MeasureError(
            f"{unit_set.family} was fitted on {dictionary.n_features_in_} neurons, but "
            f"{subject.layer} gives {x.shape[1]}: it belongs to another layer."
        )
    codes = _codes(dictionary, x)
    reconstructed = dictionary.inverse_transform(codes)
    spliced, logits = codes, None
    if unit_set.source == "layer":
        tail = subject.tail
        passed = reconstructed
        if subject.has_map:
            spliced = _codes(dictionary, tail.items.reshape(-1, x.shape[1]))
            passed = dictionary.inverse_transform(spliced)
        logits = _logits(subject, passed.reshape(tail.items.shape))
    evaluation = evaluate_fidelity(
        codes,
        subject.evidence,
        name=unit_set.family,
        settings=unit_set.settings,
        reconstruction=(x, reconstructed),
        logits=logits,
    )
    return Coded(unit_set, codes, spliced, evaluation)


def _logits(subject: Subject, passed: np.ndarray) -> Logits | None:
    if subject.labels is None:
        return None
    tail, image = subject.tail, np.arange(len(subject.spliced))
    return Logits(
        original=tail.logits,
        spliced=tail(passed, image),
        labels=subject.labels[subject.spliced],
        ablated=subject.ablated,
        image=subject.spliced,
    )


def score(
    subject: Subject,
    coded: Coded,
    *,
    twins: Sequence[Dictionary] = (),
    elsewhere: sparse.csr_array | None = None,
    seed: tuple[int, int] = (0, 0),
) -> Evaluation:
    """Every measure that the subject allows, added to the first look.

    Args:
        subject: the layer.
        coded: from :func:`look` on the same subject.
        twins: the same setting fitted with other seeds, for the stability of atoms.
        elsewhere: codes of the same setting on the report items of another network, for universality.
        seed: which network and which dictionary on it, counted from 0, where there are several: their units
            are drawn apart.
    """
    unit_set, dictionary, codes = coded.unit_set, coded.unit_set.dictionary, coded.codes
    limits, n_units = subject.limits, codes.shape[1]
    scored = np.arange(n_units)
    if limits.units is not None and limits.units < n_units and not unit_set.whole:
        rng = np.random.default_rng([subject.seed, 15, n_units])
        scored = np.sort(rng.permutation(n_units)[: limits.units])
    items = subject.items[unit_set.source]
    development = _codes(dictionary, items.development)
    chosen = finders = None
    if "concepts" in subject.development:
        chosen = choose_concepts(development, subject.development["concepts"])
        finders = choose_units(development, subject.development["concepts"])
    evidence = subject.evidence
    resampling = evidence.resampling.for_units(*seed)
    sets = _stability(dictionary, twins, resampling)
    sums: dict[str, Sums] = {"simulation": _simulation(subject, dictionary, items.exemplars, codes, scored)}
    values: dict[str, np.ndarray] = {}
    edited = {name: _codes(dictionary, found) for name, found in items.edited.items()}
    sets |= counterfactual_estimates(subject, edited, chosen, resampling)
    if unit_set.source == "layer":
        effects = unit_effects(subject, coded.spliced, dictionary.components_, scored, subject.seed)
        sums, values = sums | effects.sums, values | effects.values
        sets |= removal_estimates(subject, coded.spliced, dictionary.components_, development)
    if elsewhere is not None:
        sums["partner"] = partner_sums(codes[:, scored], elsewhere, evidence.group, resampling.n_groups)
    return evaluate_units(
        coded.evaluation,
        codes,
        replace(evidence, resampling=resampling),
        chosen=None if chosen is None else chosen[:, scored],
        finders=finders,
        scored=None if scored.size == n_units else scored,
        given=Given(sums=sums, values=values, sets=sets),
    )


def _codes(dictionary: Dictionary, x: np.ndarray) -> sparse.csr_array:
    found = dictionary.transform(x)
    return found if sparse.issparse(found) else sparse.csr_array(found)


def _simulation(
    subject: Subject,
    dictionary: Dictionary,
    exemplars: np.ndarray,
    codes: sparse.csr_array,
    scored: np.ndarray,
) -> Sums:
    rows, told, shown = subject.simulation
    resampling = subject.evidence.resampling
    predicted = simulate(told, _codes(dictionary, exemplars)[:, scored], shown, seed=subject.seed)
    return simulation_sums(
        codes[rows][:, scored], predicted, subject.evidence.group[rows], resampling.n_groups
    )


def _stability(
    dictionary: Dictionary, twins: Sequence[Dictionary], resampling: Resampling
) -> dict[str, Estimate]:
    """How alike the atoms of the seeds are; replicates draw atoms."""
    if not twins:
        return {}
    pairs = []
    for twin in twins:
        likeness = cosines(dictionary.components_, twin.components_)
        pairs.append(likeness[best_matching(likeness)])
    matched = np.mean(pairs, axis=0)
    same = np.mean([pair > SAME for pair in pairs], axis=0)
    times = resampling.unit_weights(matched.size)
    return {
        key: Estimate(float(values.mean()), times @ values / matched.size)
        for key, values in (("matched_cosine", matched), ("share_matched", same))
    }
