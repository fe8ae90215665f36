"""Centre and scale of the items that a dictionary is fitted on."""

import numpy as np

from sememe.activations import Moments, RunningMoments
from sememe.dictionaries.items import Items
from sememe.errors import DictionaryError


def moments_of(items: Items) -> Moments:
    """The items' moments, in one pass and float64.

    Raises:
        DictionaryError: all items are equal, up to rounding of float32: there is nothing to explain.
    """
    running = RunningMoments(items.n_neurons)
    for chunk in items.chunks():
        running.update(chunk)
    found = running.result()
    rounding = np.finfo(np.float32).eps * np.abs(found.mean).max(initial=0.0)
    if found.scale <= rounding:
        raise DictionaryError(
            f"The items do not vary (n_samples={found.count}): a dictionary needs items that differ."
        )
    return found
