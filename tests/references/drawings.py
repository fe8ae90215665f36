"""Drawings of known shape: what must be found in them is plain from how they were drawn.

Everything is drawn on 28 x 28 pixels, at sixteen times that and then averaged, so that rims are grey.
Coordinates are in pixels; (0, 0) is the centre of the first pixel.
"""

import numpy as np
from PIL import Image, ImageDraw

FINE = 16
SIDE = 28


class Drawing:
    """A canvas; every stroke returns the canvas, so that strokes chain."""

    def __init__(self):
        self.canvas = Image.new("L", (SIDE * FINE, SIDE * FINE))
        self.pen = ImageDraw.Draw(self.canvas)

    def line(self, *points, thick=2.5):
        """Straight strokes from (row, column) to (row, column) to ..., with round ends and corners."""
        fine = [self._fine(row, column) for row, column in points]
        self.pen.line([value for point in fine for value in point], fill=255, width=round(thick * FINE))
        for point in fine:
            self._disc(point, thick / 2 * FINE)
        return self

    def ring(self, centre=(13.5, 13.5), radius=7.0, thick=2.5, start=0, stop=360):
        """A circle, or the arc between two angles (degrees, counter-clockwise from the right)."""
        angles = np.deg2rad(np.arange(start, stop + 1, 2))
        points = [(centre[0] - radius * np.sin(a), centre[1] + radius * np.cos(a)) for a in angles]
        return self.line(*points, thick=thick)

    def dot(self, row, column, radius):
        self._disc(self._fine(row, column), radius * FINE)
        return self

    def pixels(self):
        """The drawing as uint8 (28, 28)."""
        fine = np.asarray(self.canvas, np.float64)
        return np.rint(fine.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))).astype(np.uint8)

    def _fine(self, row, column):
        return (column + 0.5) * FINE, (row + 0.5) * FINE

    def _disc(self, point, radius):
        x, y = point
        self.pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=255)


def drawn(*drawings):
    """Drawings as an array (images, 28, 28)."""
    return np.stack([drawing.pixels() for drawing in drawings])
