"""The Unit page's third sight: its nearest units, and the same unit in other fits."""

from dataclasses import dataclass

import numpy as np

from sememe.explanations import Relations, greatest, relations
from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.explorer.score import Kind
from sememe.explorer.views.common import OpenedUnit, UnitAddress, opened_unit

_NEAREST = 6
BY = ("cosine", "correlation", "together")


@dataclass(frozen=True)
class Relative:
    """A unit beside the one in question."""

    set: str
    unit: int
    cosine: float | None  # of the atoms
    correlation: float | None  # of the codes
    together: float | None  # firings in common / firings of either


@dataclass(frozen=True)
class Nearest:
    """The nearest units of one set, by each way of nearness."""

    set: str
    title: str
    kind: Kind
    by: dict[str, tuple[Relative, ...]]  # "cosine", "correlation", "together"


@dataclass(frozen=True)
class Match:
    """The unit most alike in another fit of the same family."""

    set: str
    title: str
    same_but_seed: bool  # True: only the seed differs
    relative: Relative


@dataclass(frozen=True)
class RelativesPage:
    """Who is near a unit."""

    nearest: tuple[Nearest, ...]  # in its own set, among the neurons, in the set that the layer shows
    matches: tuple[Match, ...]


def relatives(run: RunData, address: UnitAddress) -> RelativesPage:
    """Nearest units by cosine, correlation and firing together, and matches in other fits of the family."""
    opened = opened_unit(run, address)
    layer = opened.layer
    wanted = dict.fromkeys([address.set, layer.neurons or address.set, layer.shown])
    nearest = []
    for key in wanted:
        unit_set = layer.unit_set(key)
        found = _relations(layer, opened, unit_set)
        leave_out = address.unit if key == address.set else None
        by = {
            way: tuple(
                _relative(key, int(row), found) for row in greatest(getattr(found, way), _NEAREST, leave_out)
            )
            for way in BY
        }
        nearest.append(Nearest(key, unit_set.title, unit_set.kind, by))
    return RelativesPage(tuple(nearest), tuple(_matches(layer, opened)))


def _matches(layer: LayerData, opened: OpenedUnit) -> list[Match]:
    """In every other point of the family; those that differ in the seed alone first."""
    own = opened.unit_set
    found: list[Match] = []
    if own.kind == "neurons":
        return found
    for other in layer.unit_sets:
        if other.family != own.family or other.key == own.key:
            continue
        related = _relations(layer, opened, other)
        best = greatest(related.cosine, 1)
        if len(best):
            same = (other.parameter, other.value) == (own.parameter, own.value)
            found.append(Match(other.key, other.title, same, _relative(other.key, int(best[0]), related)))
    return sorted(found, key=lambda match: not match.same_but_seed)


def _relations(layer: LayerData, opened: OpenedUnit, other: UnitSetData) -> Relations:
    atom = opened.unit_set.components[opened.unit]
    return relations(atom, opened.code, other.components, layer.codes(other.key))


def _relative(key: str, row: int, found: Relations) -> Relative:
    return Relative(
        key,
        row,
        *(None if np.isnan(value) else float(value) for value in (getattr(found, way)[row] for way in BY)),
    )


ENDPOINTS = (Endpoint("unit-relatives", relatives, UnitAddress),)
