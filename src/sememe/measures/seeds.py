"""Several seeds of one setting as one evaluation, with the scatter between seeds in every interval."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Resampling, over_seeds
from sememe.measures.evaluation import Evaluation
from sememe.measures.unit_scores import UnitScores


def pool_seeds(evaluations: Sequence[Evaluation], resampling: Resampling, level: int = 0) -> Evaluation:
    """One evaluation of a setting from those of its seeds, scored with the same resampling.

    Numbers of units and of dead units, and the scores of single units, are those of all seeds one after the
    other. Only measures that every seed has are kept. For seeds within seeds (dictionaries on networks) pool
    the inner ones first, then the outer ones as ``level`` 1.

    Raises:
        MeasureError: no evaluation, or evaluations of different families or numbers of items.
    """
    if not evaluations:
        raise MeasureError("There is no seed to pool: give at least one evaluation.")
    if len(evaluations) == 1:
        return evaluations[0]
    first = evaluations[0]
    if len({(e.name, e.n_items, e.n_images) for e in evaluations}) > 1:
        raise MeasureError("Only seeds of one family on the same items can be pooled.")
    units = {}
    for key in first.units:
        scores = [e.units[key] for e in evaluations if key in e.units]
        if len(scores) == len(evaluations):
            units[key] = UnitScores(
                record=scores[0].record,
                values=np.concatenate([s.values for s in scores]),
                null=np.concatenate([s.null for s in scores]),
                mean=over_seeds([s.mean for s in scores], resampling, level),
                alive=over_seeds([s.alive for s in scores], resampling, level),
                corrected=over_seeds([s.corrected for s in scores], resampling, level),
            )
    shared = [key for key in first.sets if all(key in e.sets for e in evaluations)]
    return Evaluation(
        name=first.name,
        settings={
            k: v for k, v in first.settings.items() if all(e.settings.get(k) == v for e in evaluations)
        },
        n_items=first.n_items,
        n_images=first.n_images,
        n_groups=first.n_groups,
        n_units=sum(e.n_units for e in evaluations),
        n_dead=sum(e.n_dead for e in evaluations),
        density=np.concatenate([e.density for e in evaluations]),
        sets={key: over_seeds([e.sets[key] for e in evaluations], resampling, level) for key in shared},
        units=units,
        scored=_scored(evaluations),
    )


def _scored(evaluations: Sequence[Evaluation]) -> Int[np.ndarray, " scored"] | None:
    """The units scored, numbered through all seeds."""
    if all(e.scored is None for e in evaluations):
        return None
    starts = np.cumsum([0, *(e.n_units for e in evaluations)])
    return np.concatenate(
        [
            start + (np.arange(e.n_units) if e.scored is None else e.scored)
            for start, e in zip(starts, evaluations, strict=False)
        ]
    )
