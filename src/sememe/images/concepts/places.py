"""Places on strokes that an edit can work at, and the bar that cuts a stroke there."""

import numpy as np
from jaxtyping import Bool, Float64, Int64

from sememe.images.concepts.ink import SCALE
from sememe.images.concepts.strokes import Strokes


def fine(centre: Float64[np.ndarray, "*places 2"]) -> Int64[np.ndarray, "*places 2"]:
    """Rows and columns of the enlarged image nearest to places given in pixels."""
    return np.rint((centre + 0.5) * SCALE - 0.5).astype(int)


def points_by_image(strokes: Strokes, those: Bool[np.ndarray, " points"]) -> list[Int64[np.ndarray, " some"]]:
    """The numbers of some points, apart for each image."""
    numbers = np.flatnonzero(those)
    return np.split(numbers, np.searchsorted(strokes.image[numbers], np.arange(1, strokes.n_images)))


def amid(strokes: Strokes, gap: float) -> Bool[np.ndarray, " points"]:
    """Points from which strokes run on to both sides, by more than half the gap, before they end or meet."""
    free = np.isfinite(strokes.turn_near)
    for image, centre in (
        (strokes.tip_image, strokes.tip_centre),
        (strokes.junction_image, strokes.junction_centre),
    ):
        first = np.searchsorted(strokes.image, image)
        last = np.searchsorted(strokes.image, image, side="right")
        for start, stop, place in zip(first, last, centre, strict=True):
            near = np.hypot(*(strokes.centre[start:stop] - place).T)
            free[start:stop] &= near > strokes.radius[start:stop] + gap / 2 + 0.5
    return free


def beside_a_loop(strokes: Strokes) -> Bool[np.ndarray, " points"]:
    """Points with a loop on one side and something else on the other."""
    known = np.isfinite(strokes.orientation)
    orientation = np.where(known, strokes.orientation, 0)
    across = np.stack([np.cos(orientation), np.sin(orientation)], axis=1)
    holes = strokes.ink.holes
    sides = []
    for sign in (1, -1):
        place = fine(strokes.centre + sign * across * (strokes.radius + 0.75)[:, None]) + 1
        place = np.clip(place, 0, np.array(holes.shape[1:]) - 1)
        sides.append(holes[strokes.image, place[:, 0], place[:, 1]])
    return known & (sides[0] != sides[1])


def across_stroke(
    strokes: Strokes, point: int | np.integer, gap: float, shape: tuple[int, ...]
) -> Bool[np.ndarray, "rows columns"]:
    """A bar across the stroke at a point, as wide as the gap and a little longer than the stroke is thick."""
    rows, columns = np.indices(shape)
    row, column = fine(strokes.centre[point])
    angle = strokes.orientation[point]
    along = (columns - column) * np.cos(angle) - (rows - row) * np.sin(angle)
    beside = (columns - column) * np.sin(angle) + (rows - row) * np.cos(angle)
    return (np.abs(along) <= gap / 2 * SCALE) & (np.abs(beside) <= (strokes.radius[point] + 1) * SCALE)
