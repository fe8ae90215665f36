"""The Unit page's third sight: its nearest units, and the same unit in other fits."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Float64, Int64
from scipy import sparse

from sememe.explanations import Relations, greatest, relations
from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.dictionary import open_dictionary
from sememe.explorer.live.forward import CannotRun, Forward
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.explorer.score import Kind
from sememe.explorer.views.common import OpenedUnit, UnitAddress, opened_unit

_NEAREST = 6
# Images that a network of another seed looks at: its forward pass is made here.
_MOST_IMAGES = 1_000
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
    by: dict[str, tuple[Relative, ...]]  # "cosine" (where directions compare), "correlation", "together"


@dataclass(frozen=True)
class Match:
    """The unit most alike in another fit."""

    title: str  # what was fitted otherwise
    other_seed: bool  # True: only a seed differs, the dictionary's or the network's
    set: str | None  # None: a fit that the run keeps for this comparison alone, so there is no page to go to
    unit: int
    cosine: float | None
    correlation: float | None


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
        # Neurons are axes: no two of them share a direction. Nor do atoms of different spaces.
        apart = opened.unit_set.source != unit_set.source
        axes = opened.unit_set.kind == unit_set.kind == "neurons"
        by = {
            way: tuple(
                _relative(key, int(row), found) for row in greatest(getattr(found, way), _NEAREST, leave_out)
            )
            for way in BY
            if not ((axes or apart) and way == "cosine")
        }
        nearest.append(Nearest(key, unit_set.title, unit_set.kind, by))
    return RelativesPage(tuple(nearest), tuple(_matches(run, opened)))


def _matches(run: RunData, opened: OpenedUnit) -> list[Match]:
    """With other seeds where the run fitted them, then in every other point of the family."""
    layer, own = opened.layer, opened.unit_set
    found = [match for match in (_twin(run, opened), _second(run, opened)) if match is not None]
    if own.kind == "neurons":
        return found
    for other in (*layer.unit_sets, *layer.other_sets):
        if other.family == own.family and other.key != own.key:
            related = _relations(layer, opened, other)
            found += _best(related, related.cosine, other.title, other.key)
    return found


def _best(related: Relations, by: np.ndarray, title: str, key: str | None) -> list[Match]:
    return [
        Match(
            title,
            key is None,
            key,
            int(unit),
            _number(related.cosine[unit]),
            _number(related.correlation[unit]),
        )
        for unit in greatest(by, 1)
    ]


def _twin(run: RunData, opened: OpenedUnit) -> Match | None:
    """The unit most alike by direction in the same dictionary of another seed."""
    layer, key = opened.layer, opened.unit_set.key
    path = run.folder.path("dictionaries", layer.key, "twins", key)
    if not path.is_dir():
        return None
    twin = run.kept.get(("twin", layer.key, key), lambda: open_dictionary(path))
    codes = run.kept.get(
        ("twin's codes", layer.key, key), lambda: sparse.csc_array(twin.transform(opened.unit_set.items))
    )
    related = relations(opened.unit_set.components[opened.unit], opened.code, twin.components_, codes)
    found = _best(related, related.cosine, "the dictionary's seed", None)
    return found[0] if found else None


def _second(run: RunData, opened: OpenedUnit) -> Match | None:
    """The unit most alike by activation in a network of another seed, whose directions mean nothing here."""
    layer, own = opened.layer, opened.unit_set
    name = f"{layer.network}.second"
    if not run.folder.path("network", name).is_dir() or own.elsewhere is not None:
        return None
    folder = run.folder.path("dictionaries", f"{name}.{layer.layer}", own.key)
    is_neurons = own.key == layer.neurons
    if not (is_neurons or folder.is_dir()):
        return None
    try:
        network = run.forward(name)
    except CannotRun:
        return None
    items = layer.items
    rows = np.flatnonzero(items.image < _MOST_IMAGES)

    def codes_there() -> sparse.csc_array:
        values = _values(run, network, layer, rows)
        return sparse.csc_array(values if is_neurons else open_dictionary(folder).transform(values))

    codes: sparse.csc_array = run.kept.get(("second", layer.key, own.key), codes_there)
    related = _without_directions(opened.code[rows], codes)
    best = greatest(related.correlation, 1)
    if not len(best):
        return None
    return Match("the network's seed", True, None, int(best[0]), None, _number(related.correlation[best[0]]))


def _values(
    run: RunData, network: Forward, layer: LayerData, rows: Int64[np.ndarray, " items"]
) -> Float32[np.ndarray, "items neurons"]:
    """Another network's activations on some of the layer's items."""
    image = layer.items.image[rows]
    images, at = np.unique(image, return_inverse=True)
    values = network.values(layer.layer, run.images.floats(images))
    if layer.items.position is None:
        return values[at]
    position = layer.items.position[rows]
    return values[at, position[:, 0], position[:, 1]]


def _relations(layer: LayerData, opened: OpenedUnit, other: UnitSetData) -> Relations:
    if opened.unit_set.source != other.source:
        return _without_directions(opened.code, layer.codes(other.key))
    atom = opened.unit_set.components[opened.unit]
    return relations(atom, opened.code, other.components, layer.codes(other.key))


def _without_directions(code: Float64[np.ndarray, " items"], codes: sparse.csc_array) -> Relations:
    """How codes go together whose atoms lie in different spaces."""
    found = relations(np.zeros(1, np.float32), code, np.zeros((codes.shape[1], 1), np.float32), codes)
    return dataclasses.replace(found, cosine=np.full(codes.shape[1], np.nan))


def _relative(key: str, row: int, found: Relations) -> Relative:
    return Relative(key, row, *(_number(getattr(found, way)[row]) for way in BY))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


ENDPOINTS = (Endpoint("unit-relatives", relatives, UnitAddress),)
