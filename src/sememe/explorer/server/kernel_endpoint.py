"""What the page needs to answer strokes by itself, where that is quicker than to ask.

An answer that the page computes is in the very frame that shows the ink. One that it asks for comes a frame
later, however quick the server is.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData

# Multiplications of one forward pass with its codes: with the ablations, about ten milliseconds in a page.
_MOST_WORK = 4_000_000
# Rules that solve for the codes of each position of a map.
_SOLVERS = ("pursuit", "least_squares", "non_negative")


@dataclass(frozen=True)
class WhichKernel:
    """One dictionary on one layer."""

    layer: str
    set: str


@dataclass(frozen=True, eq=False)
class Kernel:
    """A network and a dictionary, small enough for the page."""

    layer: str  # name in its network
    weights: Mapping[str, Float32[np.ndarray, "..."]]  # of the network, by the names of its file
    mean: Float32[np.ndarray, " neurons"]  # of the layer's items
    dictionary: object  # a DictionaryKernel


def kernel(run: RunData, which: WhichKernel) -> Kernel | None:
    """What the page computes answers with; None where it would take longer than the server."""
    # The export asks this package's endpoints, so that it can only be imported once they are there.
    from sememe.explorer.export.kernels import dictionary_kernel

    layer = run.layer(which.layer)
    unit_set = layer.unit_set(which.set)
    network = run.network(layer.network)
    if network is None or unit_set.elsewhere is not None or _work(layer, unit_set) > _MOST_WORK:
        return None
    dictionary = dictionary_kernel(unit_set)
    if dictionary is None or (layer.items.grid is not None and dictionary.rule in _SOLVERS):
        return None
    return Kernel(layer.layer, network.weights, layer.items.mean.astype(np.float32), dictionary)


def _work(layer: LayerData, unit_set: UnitSetData) -> int:
    """Multiplications of a forward pass and of the codes of all positions; ablations come on top."""
    network = layer.run.network(layer.network)
    assert network is not None
    weights = sum(array.size for array in network.weights.values())
    return weights + math.prod(layer.items.grid or (1,)) * unit_set.n_units * layer.n_neurons


ENDPOINTS = (Endpoint("kernel", kernel, WhichKernel),)
