"""The ink of an image: enlarged, black and white, without specks.

Shapes are measured at four times the image's resolution, as Morpho-MNIST does: grey levels at the rim of a
stroke say where between two pixels it ends, and enlarging turns that into a rim of finer pixels.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int64, UInt8
from scipy import ndimage

SCALE = 4
# Smaller holes are gaps in the texture of thick ink, smaller specks are dust; both in pixels of the image.
_LEAST_HOLE = 0.5
_LEAST_SPECK = 2.0
# Pieces are one stroke across a gap that is no wider than a pixel and a half and darker than this share only.
_FAINT, _GAP = 0.25, 1.5
_EIGHT = np.ones((3, 3), bool)


@dataclass(frozen=True, eq=False)
class Ink:
    """Enlarged images in black and white, and what they enclose.

    Attributes:
        enlarged: float32, grey levels 0..255 at :data:`SCALE` times the resolution.
        mask: where ink is, with a rim of one pixel of background about each image.
        hole_image: the image of each hole (each part of the background that ink shuts in).
        hole_centre: its centre of mass, row and column in pixels of the image.
        hole_area: its area in square pixels of the image.
        holes: the number of the hole at each pixel of ``mask``, from 1; 0 outside.
    """

    enlarged: Float32[np.ndarray, "images rows columns"]
    mask: Bool[np.ndarray, "images padded_rows padded_columns"]
    hole_image: Int64[np.ndarray, " holes"]
    hole_centre: Float64[np.ndarray, "holes 2"]
    hole_area: Float64[np.ndarray, " holes"]
    holes: Int64[np.ndarray, "images padded_rows padded_columns"]


def ink_of(pixels: UInt8[np.ndarray, "images height width"]) -> Ink:
    """Ink is what is brighter than the middle between an image's darkest and brightest enlarged pixel.

    Specks are left out, pinholes are filled, and pieces that faint ink joins across a narrow gap are joined.
    """
    enlarged = enlarge(pixels)
    lowest = enlarged.min(axis=(1, 2), keepdims=True)
    highest = enlarged.max(axis=(1, 2), keepdims=True)
    # In an image of one grey nothing is ink: what lies above its middle is rounding.
    inked = (enlarged > (lowest + highest) / 2) & (highest - lowest >= 1)
    mask = np.pad(inked, ((0, 0), (1, 1), (1, 1)))
    strip = mask.reshape(-1, mask.shape[2])
    broken = _remove_specks(strip, mask.shape[1])
    if len(broken):
        faint = enlarged[broken] > lowest[broken] + _FAINT * (highest - lowest)[broken]
        mask[broken] = _bridged(mask[broken], np.pad(faint, ((0, 0), (1, 1), (1, 1))))
    return Ink(enlarged, mask, *_fill_pinholes_and_list_holes(strip, mask.shape))


def enlarge(pixels: UInt8[np.ndarray, "images height width"]) -> Float32[np.ndarray, "images rows columns"]:
    """Enlarge by :data:`SCALE` with cubic splines, smoothed over a third of a pixel, clipped to 0..255."""
    down, across = (_enlarging(side) for side in pixels.shape[1:])
    return np.clip(down @ pixels.astype(np.float32) @ across.T, 0, 255)


def reduce(enlarged: np.ndarray) -> UInt8[np.ndarray, "images height width"]:
    """Bring enlarged images in 0..1 back to the size they came from, by the mean over each pixel."""
    n_images, rows, columns = enlarged.shape
    blocks = enlarged.reshape(n_images, rows // SCALE, SCALE, columns // SCALE, SCALE)
    return np.rint(blocks.mean(axis=(2, 4), dtype=np.float32) * 255).astype(np.uint8)


def _enlarging(side: int) -> Float32[np.ndarray, "fine coarse"]:
    """Spline interpolation and smoothing are linear and act on rows and columns apart: a matrix for each."""
    splines = ndimage.zoom(np.eye(side), (SCALE, 1), order=3, mode="reflect", grid_mode=True)
    return ndimage.gaussian_filter1d(splines, SCALE / 3, axis=0, mode="reflect").astype(np.float32)


def _remove_specks(strip: np.ndarray, height: int) -> np.ndarray:
    """Remove specks; the images whose ink is in more than one piece after that."""
    pieces, n_pieces = ndimage.label(strip, _EIGHT)
    areas = np.bincount(pieces.ravel(), minlength=n_pieces + 1)
    small = areas < _LEAST_SPECK * SCALE**2
    small[0] = False
    strip &= ~small[pieces]
    # Pieces are numbered from the top, so their largest numbers rise with the images.
    rows = pieces.reshape(-1, height * strip.shape[1])
    last = np.maximum.accumulate(rows.max(axis=1))
    large = np.cumsum(~small) - 1
    return np.flatnonzero(np.diff(large[last], prepend=0) > 1)


def _bridged(mask: np.ndarray, faint: np.ndarray) -> np.ndarray:
    """Ink with the faint gaps closed that hold two of its pieces apart."""
    side = int(_GAP * SCALE) + 1
    closed = ndimage.minimum_filter(ndimage.maximum_filter(mask, (1, side, side)), (1, side, side))
    strip = mask.reshape(-1, mask.shape[2])
    pieces, _ = ndimage.label(strip, _EIGHT)
    gaps, n_gaps = ndimage.label((closed & faint & ~mask).reshape(strip.shape), _EIGHT)
    rows, columns = np.nonzero(gaps)
    touching = [
        np.stack([gaps[rows, columns], pieces[rows + down, columns + right]], axis=1)
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    ]
    pairs = np.unique(np.concatenate(touching), axis=0)
    between = np.bincount(pairs[pairs[:, 1] > 0, 0], minlength=n_gaps + 1) > 1
    return (strip | between[gaps]).reshape(mask.shape)


def _fill_pinholes_and_list_holes(
    strip: np.ndarray, shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    # The rims join all that lies outside into one piece, and that piece holds the first pixel of the strip.
    pieces, n_pieces = ndimage.label(~strip)
    areas = np.bincount(pieces.ravel(), minlength=n_pieces + 1)
    outside = pieces[0, 0]
    keep = areas >= _LEAST_HOLE * SCALE**2
    keep[[0, outside]] = False
    pin = ~keep
    pin[[0, outside]] = False
    if pin.any():
        strip |= pin[pieces]
    numbers = np.where(keep, np.cumsum(keep), 0)
    holes = numbers[pieces]
    rows, columns = np.nonzero(holes)
    which = holes[rows, columns] - 1
    n_holes = int(keep.sum())
    counts = np.bincount(which, minlength=n_holes)
    image = np.zeros(n_holes, np.int64)
    image[which] = rows // shape[1]
    centre = np.stack(
        [np.bincount(which, along, n_holes) / np.maximum(counts, 1) for along in (rows % shape[1], columns)],
        axis=1,
    )
    return image, to_image(centre), counts / SCALE**2, holes.reshape(shape)


def to_image(padded: np.ndarray) -> np.ndarray:
    """From pixels of the padded mask to pixels of the image; 0 is the centre of the first."""
    return (padded - 1 + 0.5) / SCALE - 0.5
