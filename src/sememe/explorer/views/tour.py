"""The tour's own choice: the layer, the neuron, the feature and the drawing that its steps speak of."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64, UInt8

from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.forward import CannotRun
from sememe.explorer.live.network import softmax
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.views.common import OpenedUnit, UnitAddress, opened_unit
from sememe.explorer.views.effects import Stage
from sememe.explorer.views.runs import NoParameters
from sememe.explorer.views.units import profiles

_OF_THE_SERIES = "digit_mlp.hidden1"  # where the tour begins if the run has it
_WISHED = ("3", "7")  # classes that it asks about if the run has them
_TRIED = 8  # features that are ablated to choose among them
_MOST_IMAGES = 64  # that each of them is ablated on
_RARE = 0.005  # a feature that fires on fewer items is no good first example


@dataclass(frozen=True, eq=False)
class TourFeature:
    """A feature that stands for one of the two classes, and what it does to it."""

    unit: int
    of_class: int  # that it fires for
    share: float  # of its activation on that class
    other: float  # of its activation on the other one
    raises: float | None  # mean of how far it raises the class's logit; None: the network cannot be run
    image: int  # of the class, predicted right, on which most hangs on it
    ink: UInt8[np.ndarray, "28 28"] | None  # the image where it can be drawn
    before: float | None  # probability of the class on that image
    after: float | None  # the same with the feature ablated
    answer: int | None  # the class that is the most probable then


@dataclass(frozen=True)
class OfOneClass:
    """How many units have at least half of their activation on one class."""

    neurons: int
    features: int


@dataclass(frozen=True, eq=False)
class TourPage:
    """What the five steps look at."""

    layer: str
    set: str
    neurons: str
    classes: tuple[int, int]
    neuron: int  # the one with most of its activation on both classes
    neuron_shares: tuple[float, float]
    feature: TourFeature
    one_class: OfOneClass


@dataclass(frozen=True, eq=False)
class _Tried:
    """One feature ablated on images of its class."""

    raises: float
    image: int
    before: float
    after: float
    answer: int


def tour_page(run: RunData, nothing: NoParameters) -> TourPage | None:
    """None where the run has no layer with neurons and features yet, or its images have no two classes."""
    layer = _layer(run)
    if layer is None or layer.neurons is None or len(run.images.label_names) < 2:
        return None
    of_neurons, of_features = profiles(layer, layer.neurons), profiles(layer, layer.shown)
    if of_neurons is None or of_features is None:
        return None
    names = run.images.label_names
    first, second = (names.index(name) for name in _WISHED) if set(_WISHED) <= set(names) else (0, 1)
    pair = np.nan_to_num(of_neurons[:, [first, second]])
    neuron = int(pair.min(axis=1).argmax())
    feature = _feature(run, layer, np.nan_to_num(of_features), (first, second))
    if feature is None:
        return None
    shares = (float(pair[neuron, 0]), float(pair[neuron, 1]))
    one_class = OfOneClass(
        *(int((np.nan_to_num(of) >= 0.5).any(axis=1).sum()) for of in (of_neurons, of_features))
    )
    return TourPage(
        layer.key, layer.shown, layer.neurons, (first, second), neuron, shares, feature, one_class
    )


def _layer(run: RunData) -> LayerData | None:
    ready = [one for one in run.layers if one.neurons is not None and one.shown != one.neurons]
    drawable = [one for one in ready if run.network(one.network) is not None]
    return next((one for one in ready if one.key == _OF_THE_SERIES), next(iter(drawable or ready), None))


def _feature(
    run: RunData, layer: LayerData, profile: Float[np.ndarray, "units classes"], classes: tuple[int, int]
) -> TourFeature | None:
    """The feature of one of the two classes whose share on it, times how far it raises it, is greatest."""
    codes = layer.codes(layer.shown)
    profile = np.where((np.diff(codes.indptr) >= _RARE * codes.shape[0])[:, None], profile, 0)
    pair = profile[:, list(classes)]
    best: tuple[float, TourFeature] | None = None
    for unit in np.argsort(-pair.max(axis=1), kind="stable")[:_TRIED]:
        own = int(pair[unit].argmax())
        share, other = float(pair[unit, own]), float(pair[unit, 1 - own])
        opened = opened_unit(run, UnitAddress(layer.key, layer.shown, int(unit)))
        images = _strongest(run, opened, classes[own])
        if not share or not len(images):
            continue
        tried = _ablated(run, opened, images, classes[own])
        image = int(images[0]) if tried is None else tried.image
        found = TourFeature(
            unit=int(unit),
            of_class=classes[own],
            share=share,
            other=other,
            raises=None if tried is None else tried.raises,
            image=image,
            ink=_ink(run, layer, image),
            before=None if tried is None else tried.before,
            after=None if tried is None else tried.after,
            answer=None if tried is None else tried.answer,
        )
        worth = share if tried is None else share * tried.raises
        if best is None or worth > best[0]:
            best = worth, found
    return None if best is None else best[1]


def _strongest(run: RunData, opened: OpenedUnit, of_class: int) -> Int64[np.ndarray, " images"]:
    """Images of the class that fire a unit, strongest first."""
    rows = np.flatnonzero(opened.code)
    rows = rows[np.argsort(-np.abs(opened.code[rows]), kind="stable")]
    image = opened.layer.items.image[rows]
    _, first = np.unique(image, return_index=True)
    image = image[np.sort(first)]
    labels = run.images.labels
    assert labels is not None
    return image[labels[image] == of_class][:_MOST_IMAGES].astype(np.int64)


def _ablated(
    run: RunData, opened: OpenedUnit, images: Int64[np.ndarray, " images"], of_class: int
) -> _Tried | None:
    """None where nothing can be passed through the network, or none of the images is recognised."""
    if opened.unit_set.elsewhere is not None:
        return None
    try:
        network = opened.layer.forward()
    except CannotRun:
        return None
    stage = Stage.of(run, network, opened, np.sort(images)[: max(1, network.patience // (2 * _TRIED))])
    with_it, without = stage.logits(1.0), stage.logits(0.0)
    before, after = softmax(with_it), softmax(without)
    right = before.argmax(axis=1) == of_class
    if not right.any():
        return None
    at = int(np.where(right, before[:, of_class] - after[:, of_class], -np.inf).argmax())
    raises = float((with_it - without)[:, of_class].mean())
    moved = float(before[at, of_class]), float(after[at, of_class])
    return _Tried(raises, int(stage.image[at]), *moved, int(after[at].argmax()))


def _ink(run: RunData, layer: LayerData, image: int) -> UInt8[np.ndarray, "28 28"] | None:
    pixels = run.images.pixels[image]
    network = run.network(layer.network)
    drawable = network is not None and layer.layer in network.layer_names
    return pixels if drawable and pixels.shape == (28, 28) else None


ENDPOINTS = (Endpoint("tour", tour_page, NoParameters),)
