"""Counterfactual images: the same digit, thinner, thicker, swollen, broken, opened, turned, moved.

Thin, thicken, swell and fracture after Morpho-MNIST (Castro et al. 2019, section 4), with our own code. These
and :func:`open_loop` work on black-and-white ink at four times the resolution and come back by the mean over
each pixel; compare them with :func:`plain`, which does that and nothing else.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool
from PIL import Image
from scipy import ndimage

from sememe.errors import ImageError
from sememe.images.concepts.bank import in_numbered_parts
from sememe.images.concepts.ink import SCALE, ink_of, reduce
from sememe.images.concepts.places import across_stroke, amid, beside_a_loop, fine, points_by_image
from sememe.images.concepts.strokes import Strokes
from sememe.images.image_set import ImageSet
from sememe.progress import Progress, silent

# What a thinned stroke keeps at least, about its skeleton, so that it does not fall apart; pixels.
_CORE = 0.5
# How many places are tried before a loop counts as one that no cut opens.
_TRIES = 8


@dataclass(frozen=True, eq=False)
class Edited:
    """Images after an edit, and which it could be done to; the others are as :func:`plain` has them."""

    images: ImageSet
    changed: Bool[np.ndarray, " images"]


def plain(images: ImageSet, progress: Progress = silent) -> Edited:
    """Black-and-white ink brought back to the image's size: what every edit of ink is compared with."""
    return _edited(images, lambda strokes, numbers: (_ink(strokes), _none(strokes)), progress)


def thin(images: ImageSet, amount: float = 0.5, progress: Progress = silent) -> Edited:
    """Take away a share of the stroke's mean thickness, half on each side; no stroke is broken by it.

    Args:
        amount: the share, above 0 and below 1 (the paper's data sets have 0.7).
    """
    if not 0 < amount < 1:
        raise ImageError(f"The share of thickness to take away is {amount}; expected above 0 and below 1.")

    def erode(strokes: Strokes, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ink = _ink(strokes)
        to_rim = _each(ndimage.distance_transform_edt, ink)
        skeleton = np.zeros_like(ink)
        rows, columns = fine(strokes.centre).T
        skeleton[strokes.image, rows, columns] = True
        core = _each(ndimage.distance_transform_edt, ~skeleton) < _CORE * SCALE
        kept = (to_rim > amount * _half_thickness(strokes)) | (core & ink)
        return kept, _inked(strokes)

    return _edited(images, erode, progress)


def thicken(images: ImageSet, amount: float = 0.5, progress: Progress = silent) -> Edited:
    """Add a share of the stroke's mean thickness, half on each side; narrow loops may close.

    Args:
        amount: the share, above 0 (the paper's data sets have 1).
    """
    if not amount > 0:
        raise ImageError(f"The share of thickness to add is {amount}; expected above 0.")

    def dilate(strokes: Strokes, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ink = _ink(strokes)
        inked = _inked(strokes)
        from_ink = _each(ndimage.distance_transform_edt, ~ink)
        return (from_ink <= amount * _half_thickness(strokes)) & inked[:, None, None], inked

    return _edited(images, dilate, progress)


def swell(
    images: ImageSet, strength: float = 3.0, radius: float = 7.0, seed: int = 0, progress: Progress = silent
) -> Edited:
    """Magnify the surroundings of a random place on a stroke.

    What is seen at the distance r from it comes from the distance radius * (r / radius) ^ strength.

    Args:
        strength: above 1.
        radius: how far it reaches, in pixels.
        seed: of the places.
    """
    if not (strength > 1 and radius > 0):
        raise ImageError(f"The strength is {strength} and the radius {radius}; expected above 1 and above 0.")

    def magnify(strokes: Strokes, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        swollen = _ink(strokes).astype(np.float32)
        rows, columns = np.indices(swollen.shape[1:])
        points = points_by_image(strokes, np.ones(len(strokes.image), bool))
        for image, candidates in enumerate(points):
            if not len(candidates):
                continue
            chosen = np.random.default_rng([seed, numbers[image]]).choice(candidates)
            row, column = fine(strokes.centre[chosen])
            distance = np.hypot(rows - row, columns - column) / (radius * SCALE)
            shrink = np.minimum(distance, 1) ** (strength - 1)
            source = [row + (rows - row) * shrink, column + (columns - column) * shrink]
            swollen[image] = ndimage.map_coordinates(swollen[image], source, order=1)
        return swollen, np.array([len(candidates) > 0 for candidates in points])

    return _edited(images, magnify, progress)


def fracture(
    images: ImageSet, count: int = 1, gap: float = 2.0, seed: int = 0, progress: Progress = silent
) -> Edited:
    """Cut strokes across at random places, away from where they end or meet.

    Args:
        count: how many cuts an image gets, at least 1.
        gap: how wide they are, in pixels.
        seed: of the places.
    """
    if count < 1 or not gap > 0:
        raise ImageError(f"There are {count} cuts of {gap} pixels to make; expected 1 or more, above 0.")

    def cut(strokes: Strokes, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ink = _ink(strokes)
        points = points_by_image(strokes, amid(strokes, gap))
        for image, candidates in enumerate(points):
            if len(candidates):
                rng = np.random.default_rng([seed, numbers[image]])
                for point in rng.choice(candidates, min(count, len(candidates)), replace=False):
                    ink[image] &= ~across_stroke(strokes, point, gap, ink.shape[1:])
        return ink, np.array([len(candidates) > 0 for candidates in points])

    return _edited(images, cut, progress)


def open_loop(images: ImageSet, gap: float = 2.0, seed: int = 0, progress: Progress = silent) -> Edited:
    """Cut through the stroke of a loop, so that the image has one loop fewer; images without loops stay.

    Args:
        gap: how wide the cut is, in pixels.
        seed: of the places.
    """
    if not gap > 0:
        raise ImageError(f"The gap is {gap} pixels; expected above 0.")

    def cut(strokes: Strokes, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        whole = _ink(strokes)
        opened = whole.copy()
        loops = np.bincount(strokes.ink.hole_image, minlength=len(whole))
        changed = np.zeros(len(whole), bool)
        points = points_by_image(strokes, beside_a_loop(strokes) & amid(strokes, 0.0))
        orders = [
            np.random.default_rng([seed, number]).permutation(candidates)
            for number, candidates in zip(numbers, points, strict=True)
        ]
        for attempt in range(_TRIES):
            pending = [i for i in np.flatnonzero((loops > 0) & ~changed) if attempt < len(orders[i])]
            if not pending:
                break
            for image in pending:
                line = across_stroke(strokes, orders[image][attempt], gap, whole.shape[1:])
                opened[image] = whole[image] & ~line
            # The loop must be gone from the image that the network will see, not only from the enlarged one.
            left = np.bincount(ink_of(reduce(opened[pending])).hole_image, minlength=len(pending))
            changed[pending] = left == loops[pending] - 1
        opened[~changed] = whole[~changed]
        return opened, changed

    return _edited(images, cut, progress)


def rotate(images: ImageSet, degrees: float = 15.0) -> Edited:
    """Turn counter-clockwise about the centre, by cubic interpolation; corners that come in are black."""
    planes = images.pixels.reshape(-1, images.height, images.width)
    turned = [Image.fromarray(plane).rotate(degrees, Image.Resampling.BICUBIC) for plane in planes]
    pixels = np.stack([np.asarray(plane) for plane in turned]).reshape(images.pixels.shape)
    return Edited(dataclasses.replace(images, pixels=pixels), np.ones(len(images), bool))


def shift(images: ImageSet, rows: int = 0, columns: int = 2) -> Edited:
    """Move down and to the right by whole pixels; what comes in is black, what goes out is lost."""
    pixels = np.zeros_like(images.pixels)
    height, width = images.height, images.width
    if abs(rows) < height and abs(columns) < width:
        into = (slice(max(rows, 0), height + min(rows, 0)), slice(max(columns, 0), width + min(columns, 0)))
        out_of = (
            slice(max(-rows, 0), height + min(-rows, 0)),
            slice(max(-columns, 0), width + min(-columns, 0)),
        )
        pixels[(..., *into)] = images.pixels[(..., *out_of)]
    return Edited(dataclasses.replace(images, pixels=pixels), np.ones(len(images), bool))


EDITS: dict[str, Callable[..., Edited]] = {
    edit.__name__: edit for edit in (plain, thin, thicken, swell, fracture, open_loop, rotate, shift)
}


def _edited(
    images: ImageSet,
    change: Callable[[Strokes, np.ndarray], tuple[np.ndarray, np.ndarray]],
    progress: Progress,
) -> Edited:
    def part(strokes: Strokes, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        enlarged, changed = change(strokes, numbers)
        return reduce(enlarged), changed

    parts = in_numbered_parts(images, part, progress)
    pixels = np.concatenate([pixels for pixels, _ in parts]).reshape(images.pixels.shape)
    return Edited(
        dataclasses.replace(images, pixels=pixels), np.concatenate([changed for _, changed in parts])
    )


def _ink(strokes: Strokes) -> np.ndarray:
    return strokes.ink.mask[:, 1:-1, 1:-1].copy()


def _none(strokes: Strokes) -> np.ndarray:
    return np.zeros(strokes.n_images, bool)


def _inked(strokes: Strokes) -> np.ndarray:
    return np.bincount(strokes.image, minlength=strokes.n_images) > 0


def _each(function: Callable[[np.ndarray], np.ndarray], masks: np.ndarray) -> np.ndarray:
    """Distances within each image, which know nothing of its neighbours."""
    return np.stack([function(mask) for mask in masks])


def _half_thickness(strokes: Strokes) -> np.ndarray:
    """Half the mean thickness of each image's strokes in enlarged pixels, with axes for rows and columns."""
    points = np.bincount(strokes.image, minlength=strokes.n_images)
    total = np.bincount(strokes.image, strokes.radius, strokes.n_images)
    return (SCALE * total / np.maximum(points, 1))[:, None, None]
