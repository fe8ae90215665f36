"""Intervals of one unit's scores for a run that has not written them: its images resampled as the run did.

The table of units of an older run holds scores alone. Those that need nothing but codes and labels are scored
here once more by :func:`~sememe.measures.evaluate`, with the run's own resampling; an interval is given only
where the score comes out as the run's own, so that it never belongs to another number.
"""

import math
from collections.abc import Mapping

import numpy as np

from sememe import measures
from sememe.explorer.live.run_data import LayerData
from sememe.explorer.views.common import labels_of

# A difference that rounding explains.
_SAME = 1e-6
# Fewer images than this are not resampled (measures.resample refuses them).
_LEAST_IMAGES = 20


def unit_intervals(
    layer: LayerData, unit_set: str, unit: int, scores: Mapping[str, float]
) -> dict[str, tuple[float, float]]:
    """Ends of the 95 % interval by measure, of those scores that can be repeated here."""
    labels, images = labels_of(layer), layer.run.images
    plan = layer.run.record["configuration"]
    if labels is None or len(images) < _LEAST_IMAGES or np.unique(labels).size < 2:
        return {}
    replicates, seed = int(plan.get("replicates", 100)), int(plan.get("seed", 0))

    def make() -> measures.Evidence:
        resampling = measures.resample(len(images), replicates=replicates, seed=seed)
        return measures.evidence(
            resampling, image=layer.items.image, labels=labels, n_classes=len(images.label_names)
        )

    evidence = layer.run.kept.get(("evidence", layer.key), make)
    one = layer.codes(unit_set)[:, [unit]].tocsr()
    found = {}
    for key, again in measures.evaluate(one, evidence, name="unit").units.items():
        assert again.low is not None
        assert again.high is not None
        low, high = float(again.low[0]), float(again.high[0])
        if math.isclose(again.values[0], scores.get(key, math.nan), abs_tol=_SAME) and math.isfinite(low):
            found[key] = (low, high)
    return found
