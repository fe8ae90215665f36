"""The Image page: one image, all units that fire on it, and what each contributes to the logits."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64

from sememe.explanations import scaled
from sememe.explorer.endpoint import Endpoint, NotThere
from sememe.explorer.live.forward import CannotRun, Forward
from sememe.explorer.live.network import softmax
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
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
    logits: Float[np.ndarray, " classes"] | None  # None: `why_not` says why
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
    offset: Float[np.ndarray, " classes"] | None  # logits with no unit firing; None where not exact
    error: Float[np.ndarray, " classes"] | None  # what the reconstruction misses of each logit; likewise
    positions: Int64[np.ndarray, " units"] | None  # of a map: at how many positions each fires
    why_not: str = ""  # one sentence where nothing could be passed through the network


def image_page(run: RunData, request: ImageRequest) -> ImagePage:
    """All units of a set that fire on an image."""
    layer = run.layer(request.layer)
    unit_set = layer.unit_set(request.set)
    if not 0 <= request.image < len(run.images):
        raise NotThere(f"There is no image {request.image}: they go from 0 to {len(run.images) - 1}.")
    network, why_not = _network(unit_set)
    pixels = run.images.floats(np.array([request.image]))
    values = _harvested(unit_set, request.image) if network is None else network.values(layer.layer, pixels)
    items = values.reshape(-1, values.shape[-1])
    codes = np.asarray(unit_set.dictionary.transform(items).todense(), dtype=np.float32)
    total = codes.sum(axis=0, dtype=np.float64)
    firing = np.flatnonzero((codes != 0).any(axis=0))
    strength = np.abs(codes).sum(axis=0)[firing]
    most = _MOST_UNITS if network is None else min(_MOST_UNITS, network.patience)
    units = firing[np.argsort(-strength, kind="stable")][:most]
    labels = run.images.labels
    contribution = logits = spliced = offset = error = None
    exact = network is not None and network.logit_weights(layer.layer) is not None
    if network is not None:
        logits = network.logits_with(layer.layer, pixels, values)[0]
        ablated = _ablated(items, codes, unit_set.components, units).reshape(-1, *values.shape[1:])
        contribution = logits - _logits(network, layer.layer, pixels, ablated, logits)
        decoded = unit_set.dictionary.decode(codes).astype(np.float32).reshape(values.shape)
        back = network.logits_with(layer.layer, pixels, decoded)[0]
        spliced = softmax(back)
        if exact:
            silent = unit_set.dictionary.decode(np.zeros_like(codes)).astype(np.float32).reshape(values.shape)
            offset, error = network.logits_with(layer.layer, pixels, silent)[0], logits - back
    return ImagePage(
        label=None if labels is None else int(labels[request.image]),
        logits=logits,
        probabilities=None if logits is None else softmax(logits),
        spliced=spliced,
        lost=_lost(unit_set, items, unit_set.dictionary.decode(codes)),
        firing=len(firing),
        units=units,
        activation=total[units],
        rank=_ranks(layer, request.set, units, codes),
        contribution=contribution,
        exact=exact,
        offset=offset,
        error=error,
        positions=None if len(items) == 1 else (codes[:, units] != 0).sum(axis=0),
        why_not=why_not,
    )


def _network(unit_set: UnitSetData) -> tuple[Forward | None, str]:
    """The network to pass the image through, or why there is none."""
    if unit_set.elsewhere is not None:
        return None, unit_set.elsewhere
    try:
        return unit_set.layer.forward(), ""
    except CannotRun as reason:
        return None, str(reason)


def _harvested(unit_set: UnitSetData, image: int) -> Float32[np.ndarray, "1 items inputs"]:
    """What the unit set reads of one image, as far as the run looked at it."""
    rows = np.flatnonzero(unit_set.layer.items.image == image)
    if not len(rows):
        raise NotThere(
            f"Nothing was harvested of image {image} on {unit_set.layer.key}: choose another image."
        )
    return unit_set.items[rows][None]


def _ablated(
    items: Float32[np.ndarray, "items neurons"],
    codes: Float32[np.ndarray, "items components"],
    atoms: Float32[np.ndarray, "components neurons"],
    units: Int64[np.ndarray, " units"],
) -> Float32[np.ndarray, "units items neurons"]:
    """The activation without each unit, one at a time."""
    found = np.empty((len(units), *items.shape), np.float32)
    for row, unit in enumerate(units):
        found[row] = scaled(items, codes[:, unit], atoms[unit], 0.0)
    return found


def _logits(
    network: Forward,
    layer: str,
    pixels: Float32[np.ndarray, "1 channels height width"],
    values: Float32[np.ndarray, "units ..."],
    logits: Float32[np.ndarray, " classes"],
) -> Float32[np.ndarray, "units classes"]:
    """What the network says of one image with each of some activations in the layer's place."""
    if not len(values):
        return np.zeros((0, len(logits)), np.float32)
    return network.logits_with(layer, np.broadcast_to(pixels, (len(values), *pixels.shape[1:])), values)


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
    unit_set: UnitSetData,
    items: Float32[np.ndarray, "items inputs"],
    back: Float32[np.ndarray, "items inputs"],
) -> float | None:
    own = unit_set.source == "layer"
    mean = unit_set.layer.items.mean if own else unit_set.items.mean(axis=0, dtype=np.float64)
    apart = float(np.square(items - mean).sum())
    return float(np.square(items - back).sum()) / apart if apart else None


ENDPOINTS = (Endpoint("image", image_page, ImageRequest),)
