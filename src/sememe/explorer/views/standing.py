"""How a unit's scores stand among other units: its percentiles."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.explorer.score import Kind
from sememe.explorer.views.common import UnitAddress, opened_unit
from sememe.explorer.views.unit_intervals import unit_intervals
from sememe.explorer.views.units import numbers, score_keys, unit_scores

# Controls that a unit is held against: a column each on its page.
_MOST_CONTROLS = 4


@dataclass(frozen=True)
class Percentile:
    """Where a score lies among the units of one set."""

    set: str
    title: str
    kind: Kind
    below: float  # share of the set's units whose score is lower, ties counted half; dead units count lowest
    units: int


@dataclass(frozen=True)
class Standing:
    """One measure of one unit."""

    key: str  # "clarity[encoder, centred]"
    value: float
    low: float | None  # ends of the 95 % interval over images, where there is one
    high: float | None
    among: tuple[Percentile, ...]


def standings(run: RunData, address: UnitAddress) -> tuple[Standing, ...] | None:
    """A unit's scores and their percentiles in its own set, among the neurons and the controls.

    None while the layer is not measured.
    """
    layer = opened_unit(run, address).layer
    own = unit_scores(layer, address.set)
    if own is None:
        return None
    own_values = {key: numbers(own, key) for key in score_keys(own)}
    known = {key: float(values[address.unit]) for key, values in own_values.items() if values is not None}
    written = any(name.endswith(":low") for name in own.column_names)
    again = {} if written else unit_intervals(layer, address.set, address.unit, known)
    compared = [(each, unit_scores(layer, each.key)) for each in yardsticks(layer, address.set)]
    found = []
    for key in score_keys(own):
        values = numbers(own, key)
        if values is None or np.isnan(values).all():
            continue
        value = float(values[address.unit])
        among = []
        for unit_set, scores in compared:
            theirs = None if scores is None else numbers(scores, key)
            if theirs is not None and not np.isnan(value):
                share = below(value, theirs)
                among.append(Percentile(unit_set.key, unit_set.title, unit_set.kind, share, len(theirs)))
        ends = (numbers(own, f"{key}:low"), numbers(own, f"{key}:high"))
        low, high = (None if end is None else float(end[address.unit]) for end in ends)
        if low is None and key in again:
            low, high = again[key]
        found.append(Standing(key, value, low, high, tuple(among)))
    return tuple(found)


def yardsticks(layer: LayerData, key: str) -> list[UnitSetData]:
    """The set itself, all neurons, and of a few families of controls the one fitted most alike."""
    own = layer.unit_set(key)
    chosen = [own]
    neurons = layer.neurons
    if neurons is not None and neurons != key:
        chosen.append(layer.unit_set(neurons))
    families: dict[str, list[UnitSetData]] = {}
    for unit_set in layer.unit_sets:
        if unit_set.kind == "control" and unit_set.family != own.family:
            families.setdefault(unit_set.family, []).append(unit_set)
    nearest = []
    for members in families.values():
        alike = [each for each in members if (each.parameter, each.value) == (own.parameter, own.value)]
        nearest.append((not alike, (alike or members[-1:])[0]))
    # Those that were fitted alike say most; the sort keeps the run's own order among them.
    nearest.sort(key=lambda pair: pair[0])
    return chosen + [each for _, each in nearest[:_MOST_CONTROLS]]


def below(value: float, scores: Float[np.ndarray, " units"]) -> float:
    """Share of some scores that are lower, ties counted half; units without a score count as lowest.

    >>> below(0.5, np.array([0.1, 0.5, 0.9, np.nan]))
    0.625
    """
    known = np.where(np.isnan(scores), -np.inf, scores)
    return float(((known < value).sum() + 0.5 * (known == value).sum()) / len(scores))


ENDPOINTS = (Endpoint("unit-scores", standings, UnitAddress),)
