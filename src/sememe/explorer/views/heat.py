"""Where on an image a unit of a map fires: heat over all positions, on one scale a unit."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int64

from sememe.explorer.endpoint import Endpoint, NotThere
from sememe.explorer.live.forward import CannotRun
from sememe.explorer.live.run_data import RunData
from sememe.explorer.views.common import UnitAddress, opened_unit
from sememe.explorer.views.effects import Stage

_MOST = 64  # images at a time


@dataclass(frozen=True)
class HeatRequest:
    """Which images of which unit."""

    layer: str
    set: str
    unit: int
    images: str  # rows of the run's images, "12,40,7"


@dataclass(frozen=True, eq=False)
class HeatPage:
    """A unit's activation at every position of some images."""

    images: Int64[np.ndarray, " images"]
    heat: Float32[np.ndarray, "images rows columns"]
    limit: float  # the unit's greatest activation by size on all items: the end of its colour scale
    box: tuple[float, float, float, float]  # left, top, width, height of the map on the image; shares


def unit_heat(run: RunData, request: HeatRequest) -> HeatPage | None:
    """Heat of a unit; None where the layer has no map, or nothing can be passed through its network."""
    opened = opened_unit(run, UnitAddress(request.layer, request.set, request.unit))
    try:
        wanted = np.unique(np.array([int(row) for row in request.images.split(",")], dtype=np.int64))
    except (ValueError, OverflowError):
        raise NotThere(
            f"Images are named by their rows, like 12,40,7; {request.images[:40]!r} came."
        ) from None
    if len(wanted) > _MOST or wanted.min() < 0 or wanted.max() >= len(run.images):
        raise NotThere(f"Up to {_MOST} images from 0 to {len(run.images) - 1} can be asked for at once.")
    if opened.layer.items.grid is None or opened.unit_set.elsewhere is not None:
        return None
    try:
        network = opened.layer.forward()
    except CannotRun:
        return None
    heat = Stage.of(run, network, opened, wanted).heat
    if heat is None:  # tokens, which have no place in the image
        return None
    return HeatPage(wanted, heat, float(np.abs(opened.code).max(initial=0)), _middle(run, opened.layer.items))


def _middle(run: RunData, items: object) -> tuple[float, float, float, float]:
    """The part of the image that the map covers when each position stands for the middle of what it sees."""
    field = getattr(items, "receptive_field", None)
    if field is None:
        return 0.0, 0.0, 1.0, 1.0
    spans = []
    for boxes, size in ((field.columns, run.images.width), (field.rows, run.images.height)):
        middles = [(start + stop) / 2 for start, stop in boxes]
        half = (middles[-1] - middles[0]) / max(1, len(middles) - 1) / 2 or size / 2
        spans.append((max(0.0, middles[0] - half) / size, min(size, middles[-1] + half) / size))
    (left, right), (top, bottom) = spans
    return left, top, right - left, bottom - top


ENDPOINTS = (Endpoint("unit-heat", unit_heat, HeatRequest),)
