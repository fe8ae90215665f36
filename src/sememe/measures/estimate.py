"""An interval for one measure of a whole set, from sums that were kept by group."""

import numpy as np

from sememe.errors import MeasureError
from sememe.measures.bootstrap import Estimate, Resampling
from sememe.measures.record import registry
from sememe.measures.totals import Sums


def estimate(name: str, sums: Sums, resampling: Resampling) -> Estimate:
    """The measure's formula on the sums as they are, and on those of every replicate.

    Args:
        name: of a measure of the whole set: ``"targeted_removal"``.
        sums: of the kind that it is a formula on, fed with the resampling's group of each item's image:
            ``removal_sums(before, after, labels, resampling.group, resampling.n_groups)``.
        resampling: of the images.

    Raises:
        MeasureError: no such measure, one of single units, one that is no formula on sums, or sums that keep
            other groups.
    """
    record = registry().get(name)
    if record is None or record.level != "set":
        raise MeasureError(f"There is no measure of a whole unit set called {name!r}.")
    if sums.n_groups != resampling.n_groups:
        raise MeasureError(
            f"The sums for {name!r} keep {sums.n_groups} groups and not {resampling.n_groups}: "
            "make them with `group` and `n_groups` of the resampling."
        )
    drawn = record.from_totals(sums.totals(resampling.weights))
    return Estimate(float(record.from_totals(sums.totals())), np.asarray(drawn, np.float64))
