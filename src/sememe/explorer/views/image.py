"""The Image page: one image, all units that fire on it, and what each contributes to the logits."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64

from sememe.explanations import scaled
from sememe.explorer.endpoint import Endpoint, NotThere
from sememe.explorer.live.network import LiveNetwork, softmax
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.views.common import column

_MOST_UNITS = 128  # whose contribution is computed; the strongest by size of activation


@dataclass(frozen=True)
class ImageRequest:
    """Which image, seen by which unit set."""

    layer: str
    set: str
    image: int


@dataclass(frozen=True, eq=False)
class ImagePage:
    """One image through one layer."""

    label: int | None
    logits: Float[np.ndarray, " classes"] | None  # None: the network does not run in the explorer
    probabilities: Float[np.ndarray, " classes"] | None
    spliced: (
        Float[np.ndarray, " classes"] | None
    )  # probabilities with the reconstruction in the layer's place
    lost: float | None  # share of the layer's activation, about its mean, that the reconstruction misses here
    firing: int  # units that fire
    units: Int64[np.ndarray, " units"]  # the strongest of them, strongest first
    activation: Float[np.ndarray, " units"]  # of a map: summed over positions
    rank: Float[
        np.ndarray, " units"
    ]  # share of its firings, on all items, that are weaker than its greatest here
    contribution: Float[np.ndarray, "units classes"] | None  # fall of each logit when the unit is ablated
    exact: bool  # contributions of all units, offset and error add up to the logits
    positions: Int64[np.ndarray, " units"] | None  # of a map: at how many positions each fires


def image_page(run: RunData, request: ImageRequest) -> ImagePage:
    """All units of a set that fire on an image."""
    layer = run.layer(request.layer)
    unit_set = layer.unit_set(request.set)
    if not 0 <= request.image < len(run.images):
        raise NotThere(f"There is no image {request.image}: they go from 0 to {len(run.images) - 1}.")
    network = run.network(layer.network)
    values = _values(run, layer, network, request.image)
    items = values.reshape(-1, values.shape[-1])
    codes = np.asarray(unit_set.dictionary.transform(items).todense(), dtype=np.float32)
    total = codes.sum(axis=0, dtype=np.float64)
    firing = np.flatnonzero((codes != 0).any(axis=0))
    strength = np.abs(codes).sum(axis=0)[firing]
    units = firing[np.argsort(-strength, kind="stable")][:_MOST_UNITS]
    labels = run.images.labels
    contribution = logits = spliced = None
    if network is not None:
        logits = network.logits_from(layer.layer, values)[0]
        contribution = _contributions(network, layer, values, codes, unit_set.components, units)
        decoded = unit_set.dictionary.decode(codes).astype(np.float32).reshape(values.shape)
        spliced = softmax(network.logits_from(layer.layer, decoded))[0]
    return ImagePage(
        label=None if labels is None else int(labels[request.image]),
        logits=logits,
        probabilities=None if logits is None else softmax(logits),
        spliced=spliced,
        lost=_lost(layer, items, unit_set.dictionary.decode(codes)),
        firing=len(firing),
        units=units,
        activation=total[units],
        rank=_ranks(layer, request.set, units, codes),
        contribution=contribution,
        exact=network is not None and network.logit_weights(layer.layer) is not None,
        positions=None if len(items) == 1 else (codes[:, units] != 0).sum(axis=0),
    )


def _values(
    run: RunData, layer: LayerData, network: LiveNetwork | None, image: int
) -> Float32[np.ndarray, "1 ..."]:
    """The layer's activation on one image: all positions by the network, else those that were harvested."""
    if network is not None:
        return network.forward(run.images.floats(np.array([image]))[:, 0])[layer.layer]
    rows = np.flatnonzero(layer.items.image == image)
    if not len(rows):
        raise NotThere(f"Nothing was harvested of image {image} on {layer.key}: choose another image.")
    return layer.items.values[rows][None]


def _contributions(
    network: LiveNetwork,
    layer: LayerData,
    values: Float32[np.ndarray, "1 ..."],
    codes: Float32[np.ndarray, "items components"],
    atoms: Float32[np.ndarray, "components neurons"],
    units: Int64[np.ndarray, " units"],
) -> Float32[np.ndarray, "units classes"]:
    """How far each logit falls when a unit is ablated, one unit at a time."""
    if not len(units):
        return np.zeros((0, network.logits_from(layer.layer, values).shape[1]), np.float32)
    items = values.reshape(-1, values.shape[-1])
    ablated = np.stack([scaled(items, codes[:, unit], atoms[unit], 0.0) for unit in units])
    after = network.logits_from(layer.layer, ablated.astype(np.float32).reshape(-1, *values.shape[1:]))
    return network.logits_from(layer.layer, values) - after


def _ranks(
    layer: LayerData,
    unit_set: str,
    units: Int64[np.ndarray, " units"],
    codes: Float32[np.ndarray, "items components"],
) -> Float[np.ndarray, " units"]:
    """How strong each unit's strongest firing here is among its firings on all items."""
    known = layer.codes(unit_set)
    found = []
    for unit in units:
        others = np.abs(column(known, int(unit)))
        others = others[others > 0]
        found.append(float((others < np.abs(codes[:, unit]).max()).mean()) if len(others) else 1.0)
    return np.array(found)


def _lost(
    layer: LayerData, items: Float32[np.ndarray, "items neurons"], back: Float32[np.ndarray, "items neurons"]
) -> float | None:
    apart = float(np.square(items - layer.items.mean).sum())
    return float(np.square(items - back).sum()) / apart if apart else None


ENDPOINTS = (Endpoint("image", image_page, ImageRequest),)
