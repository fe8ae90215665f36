"""The Unit page's first sight: what a unit fires on, how its scores stand, what it reads.

One template for a neuron, a component of any dictionary, a random direction.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from sememe.explanations import ActivationHistogram, Firings, activation_histogram, exemplars, near_misses
from sememe.explorer.endpoint import Endpoint, NotThere
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.views.common import (
    OpenedUnit,
    Tiles,
    UnitAddress,
    labels_of,
    opened_unit,
    tiles,
)
from sememe.explorer.views.thumbs import Look, reads
from sememe.explorer.views.units import profiles

_N_TOP = 24
_N_RANDOM = 24
_PER_INTERVAL = 6
_N_MISSES = 12
_READ_FROM = 8  # neurons that a component reads most
_IN_RANGE = 48  # firings that a brushed range shows at most


@dataclass(frozen=True, eq=False)
class UnitInterval:
    """One tenth of a unit's firing range."""

    low: float
    high: float
    firings: int
    tiles: Tiles


@dataclass(frozen=True)
class ReadNeuron:
    """A neuron that a component reads."""

    neuron: int
    weight: float  # of the encoder


@dataclass(frozen=True, eq=False)
class UnitReads:
    """What a unit reads."""

    picture: Float32[np.ndarray, "height width"] | None  # signed; None: a dead unit
    look: Look  # "weights": of the pixels themselves; "mean": of what fires it, less the mean of all
    field: tuple[int, int] | None  # height and width in pixels of what a position sees
    neurons: tuple[ReadNeuron, ...]  # greatest encoder weights by size; empty where there is no encoder


@dataclass(frozen=True, eq=False)
class UnitPage:
    """One unit."""

    units: int  # of its set
    items: int
    images: int
    firings: int  # 0: the unit is dead
    density: float  # share of the items at which it fires
    greatest: float  # its greatest and its least activation
    least: float
    mean: float  # of its activation where it fires
    profile: Float[np.ndarray, " classes"] | None  # share of its activation on each class
    class_shares: Float[np.ndarray, " classes"] | None  # share of all items: what a unit without taste has
    histogram: ActivationHistogram
    top: Tiles
    bottom: Tiles  # most negative; empty for units that never go below 0
    intervals: tuple[UnitInterval, ...]
    random: Tiles
    misses: Tiles  # their activation is the cosine with what fires the unit
    reads: UnitReads


def unit_page(run: RunData, address: UnitAddress) -> UnitPage:
    """Everything about a unit that its codes and the run's tables say."""
    opened = opened_unit(run, address)
    layer, code = opened.layer, opened.code
    items = layer.items
    (found,) = exemplars(
        opened.codes,
        units=[address.unit],
        image=items.image,
        position=items.position,
        n_top=_N_TOP,
        n_random=_N_RANDOM,
        per_interval=_PER_INTERVAL,
    )
    rows, cosine = near_misses(opened.unit_set.items, code, _N_MISSES, items.image)
    position = None if items.position is None else items.position[rows]
    labels = labels_of(layer)
    n_classes = len(run.images.label_names)
    profile = profiles(layer, address.set)
    fires = code[code != 0]
    return UnitPage(
        units=opened.unit_set.n_units,
        items=found.n_items,
        images=len(np.unique(items.image)),
        firings=found.n_firings,
        density=found.density,
        greatest=float(fires.max(initial=0)),
        least=float(fires.min(initial=0)),
        mean=float(fires.mean()) if len(fires) else float("nan"),
        profile=None if profile is None else profile[address.unit],
        class_shares=None if labels is None else np.bincount(labels, minlength=n_classes) / len(labels),
        histogram=activation_histogram(code, labels, max(1, n_classes)),
        top=tiles(layer, found.top),
        bottom=tiles(layer, found.bottom),
        intervals=tuple(
            UnitInterval(each.low, each.high, each.n_firings, tiles(layer, each.firings))
            for each in found.intervals
        ),
        random=tiles(layer, found.random),
        misses=tiles(layer, Firings(rows, items.image[rows], position, cosine)),
        reads=_reads(layer, opened),
    )


def _reads(layer: LayerData, opened: OpenedUnit) -> UnitReads:
    pictures, look = reads(layer, opened.unit_set.key)
    picture = pictures[opened.unit]
    encoder = opened.unit_set.dictionary.encoder
    neurons: tuple[ReadNeuron, ...] = ()
    reads_neurons = opened.unit_set.kind != "neurons" and opened.unit_set.elsewhere is None
    if encoder is not None and reads_neurons:
        row = encoder[opened.unit]
        strongest = np.argsort(-np.abs(row), kind="stable")[:_READ_FROM]
        neurons = tuple(ReadNeuron(int(neuron), float(row[neuron])) for neuron in strongest)
    field = layer.items.receptive_field
    return UnitReads(
        None if np.isnan(picture).any() else picture, look, None if field is None else field.size, neurons
    )


@dataclass(frozen=True)
class RangeRequest:
    """Firings of a unit within a range of activations."""

    layer: str
    set: str
    unit: int
    low: float
    high: float
    label: int | None = None  # only images of this class


@dataclass(frozen=True, eq=False)
class RangePage:
    """A seeded sample of the firings in a range, strongest first."""

    firings: int  # how many there are
    tiles: Tiles


def unit_range(run: RunData, request: RangeRequest) -> RangePage:
    """What fires a unit within a range that was brushed on its histogram."""
    if request.low > request.high:
        raise NotThere(
            f"The range {request.low:g} to {request.high:g} is empty: its low end is above its high."
        )
    opened = opened_unit(run, UnitAddress(request.layer, request.set, request.unit))
    layer, code = opened.layer, opened.code
    within = (code != 0) & (code >= request.low) & (code <= request.high)
    labels = labels_of(layer)
    if request.label is not None:
        if labels is None or not 0 <= request.label < len(run.images.label_names):
            raise NotThere(f"This run's images have no class number {request.label}.")
        within &= labels == request.label
    rows = np.flatnonzero(within)
    some = np.random.default_rng([0, request.unit]).permutation(rows)[:_IN_RANGE]
    some = some[np.argsort(-code[some], kind="stable")]
    items = layer.items
    position = None if items.position is None else items.position[some]
    return RangePage(len(rows), tiles(layer, Firings(some, items.image[some], position, code[some])))


ENDPOINTS = (
    Endpoint("unit", unit_page, UnitAddress),
    Endpoint("unit-range", unit_range, RangeRequest),
)
