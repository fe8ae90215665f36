"""Concepts of single positions, for layers that keep the image's plane."""

import numpy as np
from jaxtyping import Bool, Float64
from scipy import ndimage
from scipy.spatial import cKDTree

from sememe.images.concepts.bank import in_parts
from sememe.images.concepts.concepts import ConceptMaps
from sememe.images.concepts.ink import SCALE
from sememe.images.concepts.pieces import CORNER
from sememe.images.concepts.strokes import Strokes
from sememe.images.image_set import ImageSet
from sememe.progress import Progress, silent

_ORIENTATIONS = 8
_FACINGS = ("right", "upper right", "up", "upper left", "left", "lower left", "down", "lower right")
# Derivatives are taken of grey levels smoothed by so many pixels.
_SMOOTHING = 1.0
# An edge is as steep as this share of the steepest place of its image.
_STEEP = 0.35
# A rim is curved if its circle is smaller than this; pixels.
_ROUND = 5.0
# How far around its very place an endpoint or a junction is seen; pixels.
_AROUND = 2.0
# Keeps images apart where points of many of them are searched at once.
_APART = 1e4

MAP_NAMES = (
    *(f"stroke at {180 / _ORIENTATIONS * bin:g} degrees" for bin in range(_ORIENTATIONS)),
    *(f"edge facing {facing}" for facing in _FACINGS),
    "endpoint",
    "junction",
    "crossing",
    "rim bulging out",
    "rim bending in",
    "inside of a loop",
    "background",
)
MAP_GROUPS = (*["stroke"] * 8, *["edge"] * 8, *["place"] * 3, *["curvature"] * 2, *["region"] * 2)


def concept_maps(images: ImageSet, progress: Progress = silent) -> ConceptMaps:
    """Concepts of every pixel of grey images, bright ink on black.

    - ``stroke at A degrees``: ink whose stroke runs at A within 11.25 degrees; 0 is horizontal, 45 rises to
      the right.
    - ``edge facing D``: a steep place whose ink lies away from D, within 22.5 degrees.
    - ``endpoint``, ``junction`` (three strokes or more), ``crossing`` (four or more): within 2 pixels.
    - ``rim bulging out``, ``rim bending in``: an edge whose rim is curved (radius below 5 pixels), the ink on
      the inner or on the outer side.
    - ``inside of a loop``; ``background``: neither ink nor inside of a loop.

    Raises:
        ImageError: colour images.
    """
    parts = in_parts(images, _maps, progress)
    return ConceptMaps(MAP_NAMES, np.concatenate(parts), MAP_GROUPS)


def _maps(strokes: Strokes) -> Bool[np.ndarray, "images concepts height width"]:
    inside = strokes.ink.mask[:, 1:-1, 1:-1]
    n_images, height, width = len(inside), inside.shape[1] // SCALE, inside.shape[2] // SCALE
    ink = _majority(inside)
    loops = _majority(strokes.ink.holes[:, 1:-1, 1:-1] > 0) & ~ink
    maps = np.zeros((n_images, len(MAP_NAMES), height, width), bool)
    maps[:, :8] = _stroke_orientations(strokes, ink)
    grey = strokes.ink.enlarged.reshape(n_images, height, SCALE, width, SCALE).mean(axis=(2, 4))
    maps[:, 8:16], maps[:, 19:21] = _edges(grey.astype(np.float64))
    crossings = strokes.junction_arms >= 4
    for row, (image, centre) in enumerate(
        (
            (strokes.tip_image, strokes.tip_centre),
            (strokes.junction_image, strokes.junction_centre),
            (strokes.junction_image[crossings], strokes.junction_centre[crossings]),
        )
    ):
        maps[:, 16 + row] = _around(image, centre, ink.shape)
    maps[:, 21] = loops
    maps[:, 22] = ~ink & ~loops
    return maps


def _majority(fine: np.ndarray) -> Bool[np.ndarray, "images height width"]:
    """Pixels that are covered by half or more."""
    n_images, rows, columns = fine.shape
    blocks = fine.reshape(n_images, rows // SCALE, SCALE, columns // SCALE, SCALE)
    return blocks.sum(axis=(2, 4)) >= SCALE**2 / 2


def _stroke_orientations(strokes: Strokes, ink: np.ndarray) -> Bool[np.ndarray, "images 8 height width"]:
    """Each pixel of ink takes the orientation of the nearest point of its stroke."""
    found = np.zeros((len(ink), _ORIENTATIONS, *ink.shape[1:]), bool)
    # At a corner the chord has the direction of neither side.
    known = np.isfinite(strokes.orientation) & ~(strokes.turn_near >= CORNER)
    image, row, column = np.nonzero(ink)
    if not known.any() or not len(image):
        return found
    points = np.column_stack([strokes.image[known] * _APART, strokes.centre[known]])
    distance, nearest = cKDTree(points).query(np.column_stack([image * _APART, row, column]))
    bins = np.rint(strokes.orientation[known][nearest] / (np.pi / _ORIENTATIONS)).astype(int) % _ORIENTATIONS
    own = distance < _APART / 2
    found[image[own], bins[own], row[own], column[own]] = True
    return found


def _edges(grey: Float64[np.ndarray, "images height width"]) -> tuple[np.ndarray, np.ndarray]:
    """Edges by the direction they face, and their curvature: that of lines of equal grey."""

    def derivative(down: int, right: int) -> np.ndarray:
        return ndimage.gaussian_filter(grey, (0, _SMOOTHING, _SMOOTHING), order=(0, down, right))

    by_y, by_x = derivative(1, 0), derivative(0, 1)
    steepness = np.hypot(by_y, by_x)
    steepest = steepness.max(axis=(1, 2), keepdims=True)
    edge = (steepness >= _STEEP * steepest) & (steepest > 0)
    # From ink to background is down the gradient; rows count downwards, angles upwards.
    facing = np.rint(np.arctan2(by_y, -by_x) / (np.pi / 4)).astype(int) % 8
    faces = edge[:, None] & (facing[:, None] == np.arange(8)[:, None, None])
    with np.errstate(invalid="ignore", divide="ignore"):
        bent = (
            derivative(0, 2) * by_y**2 - 2 * derivative(1, 1) * by_x * by_y + derivative(2, 0) * by_x**2
        ) / steepness**3
        # A disc of ink has lines of equal grey that bulge towards the dark: its curvature comes out below 0.
        curved = np.stack([bent < -1 / _ROUND, bent > 1 / _ROUND], axis=1)
    return faces, edge[:, None] & curved


def _around(image: np.ndarray, centre: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Pixels near some places."""
    rows, columns = np.arange(shape[1]), np.arange(shape[2])
    near = (rows[:, None] - centre[:, :1, None]) ** 2 + (columns - centre[:, 1:, None]) ** 2 <= _AROUND**2
    found = np.zeros(shape, bool)
    np.logical_or.at(found, image, near)
    return found
