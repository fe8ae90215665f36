"""Thumbnails of units: what each reads, or the image that fires it most, many in one picture."""

import io
import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, UInt8
from PIL import Image

from sememe.explanations import activation_weighted_images, activation_weighted_patches
from sememe.explorer.endpoint import Endpoint, File, NotThere
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.ramp import ramp_colours
from sememe.explorer.views.common import small_pixels

UNITS = 256  # of one picture
ACROSS = 16  # of one row of it
_SIDE = 28  # pixels of a tile
_MOST_BYTES = 64 * 2**20  # of the patches under a position, or of the sums of all units

Look = Literal["weights", "mean"]


@dataclass(frozen=True)
class ThumbsRequest:
    """Which picture of thumbnails."""

    layer: str
    set: str
    number: int  # units 256 * number and on
    look: str = "reads"  # "reads": what the unit reads; "top": the image that fires it most


def thumbs(run: RunData, request: ThumbsRequest) -> File:
    """One picture of up to 256 units, 16 a row, 28 x 28 pixels each; a dead unit's tile is empty."""
    layer = run.layer(request.layer)
    n_units = layer.unit_set(request.set).n_units
    if not 0 <= request.number * UNITS < n_units:
        raise NotThere(f"{request.set} has {n_units} units, {UNITS} a picture: no picture {request.number}.")
    units = range(request.number * UNITS, min(n_units, (request.number + 1) * UNITS))
    if request.look == "top":
        tiles = [top_tile(layer, request.set, unit) for unit in units]
    elif request.look == "reads":
        seen, _ = reads(layer, request.set)
        tiles = [weight_tile(seen[unit]) for unit in units]
    else:
        raise NotThere(f"There is no look {request.look[:40]!r}: choose reads or top.")
    sheet = np.zeros((math.ceil(len(tiles) / ACROSS) * _SIDE, ACROSS * _SIDE, 4), np.uint8)
    for i, tile in enumerate(tiles):
        row, column = divmod(i, ACROSS)
        sheet[row * _SIDE : (row + 1) * _SIDE, column * _SIDE : (column + 1) * _SIDE] = tile
    stream = io.BytesIO()
    Image.fromarray(sheet, "RGBA").save(stream, "PNG", compress_level=3)
    return File(stream.getvalue(), "image/png")


def reads(layer: LayerData, unit_set: str) -> tuple[Float32[np.ndarray, "units height width"], Look]:
    """What every unit of a set reads, as images, and what these images are.

    Of neurons that read the pixels directly their weights; of all other units the mean of what they fire on,
    weighted by activation, less the mean of everything. Channels are averaged.
    """

    def make() -> tuple[Float32[np.ndarray, "units height width"], Look]:
        network = layer.run.network(layer.network)
        if unit_set == layer.neurons and network is not None:
            weights = network.pixel_weights(layer.layer)
            if weights is not None:
                return weights, "weights"
        images, items = layer.run.images, layer.items
        codes = layer.codes(unit_set).tocsr()
        field = items.receptive_field
        if items.position is None or field is None or not _patches_fit(layer, codes.shape[1]):
            pixels = layer.run.kept.get(("small pixels",), lambda: small_pixels(images))
            seen = activation_weighted_images(codes, pixels, items.image)
        else:
            seen = activation_weighted_patches(codes, images.pixels, items.image, items.position, field)
        height, width = seen.shape[-2:]
        return seen.reshape(len(seen), -1, height, width).mean(axis=1).astype(np.float32), "mean"

    found: tuple[Float32[np.ndarray, "units height width"], Look] = layer.run.kept.get(
        ("reads", layer.key, unit_set), make
    )
    return found


def _patches_fit(layer: LayerData, n_units: int) -> bool:
    """Whether what positions see can be summed without much memory: for all units, and over all images."""
    field, images = layer.items.receptive_field, layer.run.images
    assert field is not None
    patch = images.n_channels * math.prod(field.size)
    return patch * max(2 * n_units, len(images)) * 4 <= _MOST_BYTES


def weight_tile(weights: Float[np.ndarray, "height width"]) -> UInt8[np.ndarray, "28 28 4"]:
    """Signed values as colours, the largest at the end of the scale; nothing where a unit has none."""
    if np.isnan(weights).any():
        return np.zeros((_SIDE, _SIDE, 4), np.uint8)
    colours = Image.fromarray(ramp_colours(weights), "RGB").convert("RGBA")
    return np.asarray(colours.resize((_SIDE, _SIDE), Image.Resampling.NEAREST))


def top_tile(layer: LayerData, unit_set: str, unit: int) -> UInt8[np.ndarray, "28 28 4"]:
    """The image with the unit's greatest activation."""
    codes, images = layer.codes(unit_set), layer.run.images
    start, stop = codes.indptr[unit], codes.indptr[unit + 1]
    if start == stop:
        return np.zeros((_SIDE, _SIDE, 4), np.uint8)
    best = codes.indices[start + int(codes.data[start:stop].argmax())]
    pixels = images.pixels[layer.items.image[best]]
    if pixels.ndim == 3:
        pixels = pixels[0] if len(pixels) == 1 else np.moveaxis(pixels[:3], 0, -1)
    shown = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGBA")
    return np.asarray(shown.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR))


ENDPOINTS = (Endpoint("thumbs", thumbs, ThumbsRequest),)
