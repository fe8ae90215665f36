"""How a unit's scores stand among other units: how many of them it beats."""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from jaxtyping import Bool, Float

from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.explorer.score import Kind
from sememe.explorer.views.common import UnitAddress, opened_unit
from sememe.explorer.views.unit_intervals import unit_intervals
from sememe.explorer.views.units import numbers, score_keys, unit_scores
from sememe.measures import registry

# Controls that a unit is held against: a column each on its page.
_MOST_CONTROLS = 4


@dataclass(frozen=True)
class Percentile:
    """Where a score lies among the units of one set."""

    set: str
    title: str
    kind: Kind
    beaten: float  # share of the set's units that score worse, ties counted half; dead units score worst
    units: int  # that were scored, or are dead


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
    tables = [(each, unit_scores(layer, each.key)) for each in yardsticks(layer, address.set)]
    compared = [(each, scores, is_scored(scores)) for each, scores in tables if scores is not None]
    found = []
    for key in score_keys(own):
        values = numbers(own, key)
        if values is None or np.isnan(values).all():
            continue
        value = float(values[address.unit])
        among = []
        for unit_set, scores, counted in compared:
            theirs = numbers(scores, key)
            if theirs is not None and not np.isnan(value):
                some = theirs[counted]
                record = registry().get(key.partition("[")[0])
                share = beaten(value, some, None if record is None else record.higher_is_better)
                among.append(Percentile(unit_set.key, unit_set.title, unit_set.kind, share, len(some)))
        ends = (numbers(own, f"{key}:low"), numbers(own, f"{key}:high"))
        low, high = (None if end is None else float(end[address.unit]) for end in ends)
        if low is None and key in again:
            low, high = again[key]
        found.append(Standing(key, value, low, high, tuple(among)))
    return tuple(found)


def yardsticks(layer: LayerData, key: str) -> list[UnitSetData]:
    """The set itself, all neurons, and of a few families of controls the one fitted most alike.

    Only sets whose units the run has scored: of a sweep it scores the points that comparisons need.
    """
    own = layer.unit_set(key)
    scored = _scored_sets(layer)
    known = [each for each in layer.unit_sets if scored is None or each.key in scored]
    chosen = [own, *(each for each in known if each.key == layer.neurons != key)]
    families: dict[str, list[UnitSetData]] = {}
    for unit_set in known:
        if unit_set.kind == "control" and unit_set.family != own.family:
            families.setdefault(unit_set.family, []).append(unit_set)
    # Those that were fitted alike say most; the sort keeps the run's own order among equals.
    nearest = [min(reversed(members), key=lambda each: _apart(each, own)) for members in families.values()]
    return chosen + sorted(nearest, key=lambda each: _apart(each, own))[:_MOST_CONTROLS]


def _apart(one: UnitSetData, other: UnitSetData) -> float:
    """How differently two sets were fitted: 0 alike, infinite where something else was swept."""
    if one.parameter != other.parameter or min(one.value, other.value) <= 0:
        return math.inf
    return abs(math.log(one.value / other.value))


def _scored_sets(layer: LayerData) -> set[str] | None:
    """The unit sets of which the run has scores unit by unit; None while the layer is not measured."""
    table = layer.units
    if table is None:
        return None

    def look() -> set[str]:
        found: set[str] = set()
        names = np.asarray(table["unit_set"].cast(pa.string()).to_pylist())
        for key in score_keys(table):
            values = numbers(table, key)
            if values is not None:
                found.update(names[~np.isnan(values)].tolist())
        return found

    kept: set[str] = layer.run.kept.get(("scored sets", layer.key), look)
    return kept


def is_scored(scores: pa.Table) -> Bool[np.ndarray, " units"]:
    """Which units of a set have any score, or are dead: of a wide set some are drawn to be scored."""
    density = numbers(scores, "density")
    found = np.zeros(scores.num_rows, bool) if density is None else density == 0
    for key in score_keys(scores):
        values = numbers(scores, key)
        if values is not None:
            found |= ~np.isnan(values)
    return found


def beaten(value: float, scores: Float[np.ndarray, " units"], higher_is_better: bool | None = True) -> float:
    """Share of some scores that are worse, ties counted half; units without a score count as the worst.

    Where neither end is better, lower counts as worse.

    >>> beaten(0.5, np.array([0.1, 0.5, 0.9, np.nan]))
    0.625
    >>> beaten(0.1, np.array([0.1, 0.5, 0.9, np.nan]), higher_is_better=False)
    0.875
    """
    sign = -1.0 if higher_is_better is False else 1.0
    known = np.where(np.isnan(scores), -np.inf, sign * scores)
    return float(((known < sign * value).sum() + 0.5 * (known == sign * value).sum()) / len(scores))


ENDPOINTS = (Endpoint("unit-scores", standings, UnitAddress),)
