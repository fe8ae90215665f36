"""The comparison of one layer: families at the same fidelity and sparsity, against every control.

Tests are the differences between a dictionary and a control, on each measure of units, where both reach the
place of comparison. Holm's correction runs over all tests of one dictionary at that place, whatever the
control and the measure: what is claimed is claimed of a dictionary, and does not depend on what others were
fitted beside it. Wins and losses are listed alike.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Estimate, difference, holm
from sememe.measures.evaluation import Evaluation
from sememe.measures.frontier import Match, Target, match
from sememe.measures.record import MeasureRecord, registry
from sememe.measures.table import DifferenceRow, MeasureTable, Row
from sememe.measures.verdict import verdict

SIGNIFICANT = 0.05
_OVER_IMAGES = frozenset({"targeted_removal"})
"""Measures whose replicates draw images alone, since a draw of units would need the network again: what
another seed would give is in them only where several were pooled, and before that they are not tested."""


def compare(
    layer: str,
    evaluations: Sequence[Evaluation],
    *,
    controls: Sequence[str],
    fvu: Sequence[float] = (0.05, 0.02),
    l0: Sequence[float] = (8.0,),
    loss_recovered: Sequence[float] = (),
    notes: Sequence[str] = (),
    about: str | None = None,
) -> MeasureTable:
    """Compare families of unit sets on one layer.

    Args:
        layer: its name, for the rows.
        evaluations: all of them, of every family; those of one ``name`` are one sweep.
        controls: the names that are controls; all others are tested against each of these.
        fvu, l0, loss_recovered: where to compare. The first that a dictionary reaches, in the order
            ``fvu``, ``loss_recovered``, ``l0``, carries the sentence. Loss recovered is that of
            zero-ablation; families of which it is not known are left out there.
        notes: what was left out and why, for the reader.
        about: the name that the sentence is about, chosen on other images; None: the one that gets to the
            place at the least cost (``verdict.py``).

    Raises:
        MeasureError: an unknown name, evaluations of different items or without FVU, or no evaluation.
    """
    families: dict[str, list[Evaluation]] = {}
    for evaluation in evaluations:
        families.setdefault(evaluation.name, []).append(evaluation)
    _check(families, [*controls, *([about] if about else [])])
    rows = [row for evaluation in evaluations for row in _own_rows(layer, evaluation)]
    differences: list[DifferenceRow] = []
    matches = {}
    for target in targets_of(fvu=fvu, l0=l0, loss_recovered=loss_recovered):
        found_there = match_all(families, target)
        if not found_there:
            continue
        matches[target] = found_there
        for name, found in matches[target].items():
            rows += _matched_rows(layer, name, found)
        differences += _differences(layer, matches[target], controls)
    judged = verdict(layer, list(matches.values()), differences, controls, about=about)
    return MeasureTable(
        rows=tuple(rows),
        differences=tuple(differences),
        sentences={layer: judged.sentence},
        answers={layer: judged.answer},
        places={layer: judged.place},
        families={layer: judged.families},
        notes={layer: tuple(notes)},
    )


def targets_of(
    *, fvu: Sequence[float] = (), l0: Sequence[float] = (), loss_recovered: Sequence[float] = ()
) -> list[Target]:
    """The places of comparison, in the order in which a verdict tries them.

    Raises:
        MeasureError: there is none.
    """
    targets = [Target("fvu", value) for value in fvu]
    targets += [Target("loss_recovered[zero]", value) for value in loss_recovered]
    targets += [Target("l0", value) for value in l0]
    if not targets:
        raise MeasureError(
            "There is no place to compare at: give at least one of fvu, l0 and loss_recovered."
        )
    return targets


def match_all(families: Mapping[str, Sequence[Evaluation]], target: Target) -> dict[str, Match]:
    """Every family at a target. Those whose loss recovered is not known are left out there."""
    known = {
        name: points
        for name, points in families.items()
        if not target.quantity.startswith("loss_recovered")
        or all(target.quantity in point.sets for point in points)
    }
    return {name: match(points, target) for name, points in known.items()}


def _check(families: dict[str, list[Evaluation]], named: Sequence[str]) -> None:
    if not families:
        raise MeasureError("There is nothing to compare: give at least one evaluation.")
    if unknown := [name for name in named if name not in families]:
        raise MeasureError(f"There is no unit set called {unknown[0]!r}; there are {', '.join(families)}.")
    everything = [evaluation for points in families.values() for evaluation in points]
    if len({(e.n_items, e.n_images) for e in everything}) > 1:
        raise MeasureError(
            "The unit sets were evaluated on different items: use one evidence for all of a layer."
        )


def _own_rows(layer: str, evaluation: Evaluation) -> list[Row]:
    fvu, l0 = (
        evaluation.sets[key].value if key in evaluation.sets else float("nan") for key in ("fvu", "l0")
    )
    rows = [
        _row(layer, evaluation, key, "own", "own", estimate, fvu=fvu, l0=l0)
        for key, estimate in evaluation.sets.items()
    ]
    for key, scores in evaluation.units.items():
        null = _mean(scores.null)
        rows.append(
            _row(
                layer,
                evaluation,
                key,
                "own",
                "own",
                scores.mean,
                scores.alive.value,
                null,
                scores.corrected,
                fvu,
                l0,
            )
        )
    return rows


def _matched_rows(layer: str, name: str, found: Match) -> list[Row]:
    at, fvu, l0 = str(found.target), found.quantity("fvu"), found.quantity("l0")
    rows = []
    for key in found.shared("sets"):
        estimate = found.estimate([point.sets.get(key) for point in found.points])
        rows.append(_row(layer, found.nearest, key, at, found.status, estimate, fvu=fvu, l0=l0))
    for key in found.shared("units"):
        rows.append(
            _row(
                layer,
                found.nearest,
                key,
                at,
                found.status,
                found.units(key),
                found.units(key, "alive").value,
                found.null(key),
                found.units(key, "corrected"),
                fvu,
                l0,
            )
        )
    return rows


def _row(
    layer: str,
    evaluation: Evaluation,
    key: str,
    at: str,
    status: str,
    estimate: Estimate,
    alive: float | None = None,
    null: float = float("nan"),
    corrected: Estimate | None = None,
    fvu: float = float("nan"),
    l0: float = float("nan"),
) -> Row:
    least, greatest = _record(key).range
    nothing = float("nan")
    return Row(
        layer=layer,
        unit_set=evaluation.name,
        settings=evaluation.settings,
        measure=key,
        at=at,
        status=status,
        value=estimate.value,
        # An estimate may lie a hair beyond its range (a loss recovered of 1.001): its interval holds it.
        low=min(max(estimate.low, least), estimate.value),
        high=max(min(estimate.high, greatest), estimate.value),
        alive=estimate.value if alive is None else alive,
        null=null,
        corrected=nothing if corrected is None else corrected.value,
        corrected_low=nothing if corrected is None else corrected.low,
        corrected_high=nothing if corrected is None else corrected.high,
        images=evaluation.n_images,
        items=evaluation.n_items,
        units=evaluation.n_units,
        scored=evaluation.n_scored,
        dead=evaluation.n_dead,
        fvu=fvu,
        l0=l0,
    )


def _differences(layer: str, matches: dict[str, Match], controls: Sequence[str]) -> list[DifferenceRow]:
    return [
        row
        for name, candidate in matches.items()
        if name not in controls and candidate.reached
        for row in _of_dictionary(layer, name, candidate, matches, controls)
    ]


def _of_dictionary(
    layer: str, name: str, candidate: Match, matches: dict[str, Match], controls: Sequence[str]
) -> list[DifferenceRow]:
    """One dictionary less each control that gets there."""
    found = []
    groups = candidate.nearest.n_groups
    for control in controls:
        other = matches.get(control)
        if other is None or not other.reached:
            continue
        units = min(candidate.nearest.n_scored, other.nearest.n_scored, groups)
        for key in _both(candidate, other, "units"):
            found.append((control, key, difference(candidate.units(key), other.units(key), units - 1)))
        for key in _both(candidate, other, "sets"):
            first, second = candidate.whole(key), other.whole(key)
            apart = difference(first, second, groups - 1)
            if _record(key).name in _OVER_IMAGES and min(first.by_seed.size, second.by_seed.size) < 2:
                apart = replace(apart, p=float("nan"))
            found.append((control, key, apart))
    corrected = holm(np.array([apart.p for *_, apart in found], np.float64))
    return [
        DifferenceRow(
            layer=layer,
            unit_set=name,
            control=control,
            measure=key,
            at=str(candidate.target),
            value=apart.value,
            low=apart.low,
            high=apart.high,
            p=apart.p,
            p_holm=float(p),
            outcome=_outcome(_record(key), apart.value, float(p)),
        )
        for (control, key, apart), p in zip(found, corrected, strict=True)
    ]


def _both(candidate: Match, other: Match, level: Literal["units", "sets"]) -> list[str]:
    """The measures that both have and that say which is better. Fidelity is what they were matched on."""
    theirs = set(other.shared(level))
    return [
        key
        for key in candidate.shared(level)
        if key in theirs and _record(key).higher_is_better is not None and _record(key).family != "fidelity"
    ]


def _outcome(record: MeasureRecord, value: float, p: float) -> str:
    if not p < SIGNIFICANT:
        return "open"
    return "win" if (value > 0) == bool(record.higher_is_better) else "loss"


def _record(key: str) -> MeasureRecord:
    return registry()[key.split("[")[0]]


def _mean(null: np.ndarray) -> float:
    return float(np.nanmean(null)) if not np.isnan(null).all() else float("nan")
