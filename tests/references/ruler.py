"""Thickness and slant of one digit, slowly, as their paper says (Castro et al. 2019), by another road than
ours: scikit-image's pyramid and medial axis, distances to every place without ink, moments pixel by pixel.
"""

import math

import numpy as np
from skimage.morphology import medial_axis
from skimage.transform import pyramid_expand

SCALE = 4


def thickness(pixels):
    """Twice the mean distance from the medial axis to the nearest place without ink, in pixels."""
    grey = pyramid_expand(pixels.astype(float), upscale=SCALE, order=3)
    ink = grey > (grey.min() + grey.max()) / 2
    axis = np.argwhere(medial_axis(ink, rng=np.random.default_rng(0)))
    paper = np.argwhere(~ink)
    nearest = [np.hypot(*(paper - point).T).min() for point in axis]
    return 2 * sum(nearest) / len(nearest) / SCALE


def slant(pixels):
    """By which angle rows must be pushed back for rows and columns to be uncorrelated; radians."""
    mass = sum(float(v) for v in pixels.flat)
    row = sum(r * float(pixels[r, c]) for r in range(28) for c in range(28)) / mass
    column = sum(c * float(pixels[r, c]) for r in range(28) for c in range(28)) / mass
    together = down = 0.0
    for r in range(28):
        for c in range(28):
            together += float(pixels[r, c]) * (r - row) * (c - column)
            down += float(pixels[r, c]) * (r - row) ** 2
    return math.atan(-together / down)
