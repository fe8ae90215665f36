"""What and where: the pieces of a digit, on a grid of three by three."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from scipy.spatial import cKDTree

from sememe.images.concepts.strokes import Strokes

ROWS = ("top", "middle", "bottom")
COLUMNS = ("left", "centre", "right")
# MNIST's digits fill the middle 20 of 28 pixels: cells are thirds of that box, outer ones with the border.
_BOX = 20 / 28

# So much stroke (in pixels) must run through a cell in a direction, or curve in it.
_LEAST_STROKE = 3.0
_LEAST_CURVE = 2.5
# Directions are 45 degrees apart.
_HALF_SECTOR = np.pi / 8
# A corner turns so much within two or three pixels to each side, and most of what it turns over twice that.
CORNER, _CORNER_SHARE = np.deg2rad(65), 0.7
# What turns so near to a corner is the corner; pixels. Images are kept apart by more than that.
_CORNER_REACH, _APART = 3.0, 1e4
# A curve turns so much over five pixels to each side (a circle of radius 9 does).
_CURVE = np.deg2rad(30)

STROKES = {
    "horizontal stroke": 0.0,
    "rising stroke": np.pi / 4,
    "vertical stroke": np.pi / 2,
    "falling stroke": 3 * np.pi / 4,
}
# The side to which a curve bulges is opposite to where its centre is: "(" is a curve to the left.
CURVES = {"curve to the left": 0.0, "curve to the right": np.pi}
PIECES = (*STROKES, *CURVES, "corner", "loop", "endpoint", "junction")


@dataclass(frozen=True, eq=False)
class Pieces:
    """For every piece, cell of the grid and image: whether it is there."""

    names: tuple[str, ...]
    values: Bool[np.ndarray, "images pieces"]


def pieces_of(strokes: Strokes, height: int, width: int) -> Pieces:
    """Find the pieces of every image.

    - A stroke of a direction: 3 pixels of it or more run through the cell within 22.5 degrees.
    - A curve to a side: 2.5 pixels or more that turn as a circle of radius 9 or less does, with the centre on
      the other side, within 45 degrees; corners are no curves.
    - A corner: a turn of 65 degrees or more at one place.
    - A loop: the centre of a closed part of the background.
    - An endpoint, a junction: as in :mod:`sememe.images.concepts.strokes`.
    """
    cell = _cell(strokes.centre, height, width)
    with np.errstate(invalid="ignore"):
        corner = _corners(strokes)
        curve = _curves(strokes, corner)
        amounts = [
            _amount(strokes, cell, _angle(2 * (strokes.orientation - direction)) / 2 <= _HALF_SECTOR)
            >= _LEAST_STROKE
            for direction in STROKES.values()
        ]
        amounts += [
            _amount(strokes, cell, curve & (_angle(strokes.bend - direction) <= 2 * _HALF_SECTOR))
            >= _LEAST_CURVE
            for direction in CURVES.values()
        ]
    n_images = strokes.n_images
    amounts.append(_amount(strokes, cell, corner) > 0)
    ink = strokes.ink
    amounts.append(_present(ink.hole_image, ink.hole_centre, n_images, height, width))
    amounts.append(_present(strokes.tip_image, strokes.tip_centre, n_images, height, width))
    amounts.append(_present(strokes.junction_image, strokes.junction_centre, n_images, height, width))
    names = tuple(f"{piece}, {row} {column}" for piece in PIECES for row in ROWS for column in COLUMNS)
    return Pieces(names, np.concatenate(amounts, axis=1))


def _cell(centre: np.ndarray, height: int, width: int) -> np.ndarray:
    """The cell, 0 to 8 row by row, of each point."""
    cells = []
    for along, side in ((centre[:, 0], height), (centre[:, 1], width)):
        from_middle = along - (side - 1) / 2
        cells.append((from_middle > -_BOX * side / 6).astype(np.int64) + (from_middle > _BOX * side / 6))
    return 3 * cells[0] + cells[1]


def _amount(strokes: Strokes, cell: np.ndarray, those: np.ndarray) -> np.ndarray:
    """The length of stroke in each image and cell, of some points."""
    where = strokes.image[those] * 9 + cell[those]
    return np.bincount(where, strokes.length[those], 9 * strokes.n_images).reshape(-1, 9)


def _present(image: np.ndarray, centre: np.ndarray, n_images: int, height: int, width: int) -> np.ndarray:
    found = np.zeros((n_images, 9), bool)
    found[image, _cell(centre, height, width)] = True
    return found


def _angle(difference: np.ndarray) -> np.ndarray:
    """The size of a difference of angles, 0..pi."""
    return np.abs((difference + np.pi) % (2 * np.pi) - np.pi)


def _corners(strokes: Strokes) -> np.ndarray:
    """Points at corners: three or more within a pixel, for a single one is but a step of the skeleton."""
    corner = (strokes.turn_near >= CORNER) & ~(strokes.turn_near < _CORNER_SHARE * strokes.turn_far)
    places = _places(strokes)[corner]
    if len(places) < 3:
        return np.zeros_like(corner)
    distance, _ = cKDTree(places).query(places, k=3)
    corner[corner] = distance[:, 2] <= 1
    return corner


def _curves(strokes: Strokes, corner: np.ndarray) -> np.ndarray:
    """Points where strokes curve, and not because their arms reach round a corner."""
    curve = strokes.turn_far >= _CURVE
    if corner.any():
        places = _places(strokes)
        distance, _ = cKDTree(places[corner]).query(places[curve], distance_upper_bound=_CORNER_REACH)
        curve[curve] = np.isinf(distance)
    return curve


def _places(strokes: Strokes) -> np.ndarray:
    """The points of all images in one space, the images far apart."""
    return np.column_stack([strokes.image * _APART, strokes.centre])
