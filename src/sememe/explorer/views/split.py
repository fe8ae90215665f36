"""A neuron as a sum of features: which of them make it go up and down."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sememe.explanations import split_neuron
from sememe.explorer.endpoint import Endpoint, NotThere
from sememe.explorer.live.run_data import RunData
from sememe.explorer.views.common import OpenedUnit, UnitAddress, opened_unit
from sememe.explorer.views.units import profiles

_CARRIERS = 8  # features that are listed


@dataclass(frozen=True)
class SplitRequest:
    """Which neuron is to be shared out among the components of which set."""

    layer: str
    set: str
    neuron: int


@dataclass(frozen=True, eq=False)
class Carrier:
    """One component that carries a part of the neuron."""

    unit: int
    share: float  # of how the neuron varies; negative: it is outweighed by others where it fires
    weight: float  # what 1 of its activation adds to the neuron's
    profile: Float[np.ndarray, " classes"] | None  # its activation by class


@dataclass(frozen=True, eq=False)
class SplitPage:
    """How a neuron varies, shared out: the carriers, the others and what is not explained sum to 1."""

    items: int
    carriers: tuple[Carrier, ...]  # by size of their share, greatest first
    others: float  # share of all other components together
    others_count: int  # how many of them carry anything
    error: float  # share of what the dictionary does not reconstruct
    constant: float  # what it adds for every item alike, in units of the neuron's activation
    mean: float  # the neuron's mean activation
    profile: Float[np.ndarray, " classes"] | None  # the neuron's own activation by class
    why_not: str = ""  # one sentence where there is nothing to share out


def split_page(run: RunData, request: SplitRequest) -> SplitPage:
    """Which features a neuron splits into.

    Reconstruction is affine, ``x ~ sum_f c_f w_f + b``, so the neuron's variance is a sum of one term a
    component, ``w_f cov(x, c_f)``, and one of the error; what the dictionary adds alike, ``b``, has no part.
    """
    layer = run.layer(request.layer)
    if layer.neurons is None:
        raise NotThere(f"The neurons of {layer.key} have not been looked at yet: let the run finish.")
    unit_set = layer.unit_set(request.set)
    neuron = opened_unit(run, UnitAddress(request.layer, layer.neurons, request.neuron))
    if unit_set.elsewhere is not None:
        return _unsplit(neuron, f"No neuron is a sum of these units. {unit_set.elsewhere}")
    if not neuron.code.any():
        return _unsplit(neuron, "This neuron never fires, so there is nothing to share out.")
    mean = float(neuron.code.mean())
    if np.ptp(neuron.code) == 0:
        return _unsplit(neuron, f"This neuron is {mean:.3g} everywhere, so there is nothing to share out.")
    # An offset cannot go together with what has mean 0, so none is named.
    weights = unit_set.components[:, request.neuron]
    found = split_neuron(neuron.code - mean, layer.codes(request.set), weights, 0.0)
    order = np.argsort(-np.abs(found.share), kind="stable")[:_CARRIERS]
    by_class, own = profiles(layer, request.set), profiles(layer, layer.neurons)
    rest = np.delete(found.share, order)
    return SplitPage(
        items=len(neuron.code),
        carriers=tuple(
            Carrier(
                unit=int(unit),
                share=float(found.share[unit]),
                weight=float(weights[unit]),
                profile=None if by_class is None else by_class[unit],
            )
            for unit in order
            if found.share[unit] != 0
        ),
        others=float(rest.sum()),
        others_count=int((rest != 0).sum()),
        error=found.error,
        constant=float(unit_set.dictionary.offset_[request.neuron]),
        mean=mean,
        profile=None if own is None else own[request.neuron],
    )


def _unsplit(neuron: OpenedUnit, why_not: str) -> SplitPage:
    return SplitPage(len(neuron.code), (), 0.0, 0, 0.0, 0.0, float(neuron.code.mean()), None, why_not)


ENDPOINTS = (Endpoint("split", split_page, SplitRequest),)
