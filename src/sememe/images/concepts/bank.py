"""The concept bank of digits: what each image is, has and looks like."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from sememe.errors import ImageError
from sememe.images.concepts.concepts import Concepts
from sememe.images.concepts.morphometry import Morphometry, morphometry_of
from sememe.images.concepts.pieces import pieces_of
from sememe.images.concepts.strokes import Strokes, strokes_of
from sememe.images.image_set import ImageSet
from sememe.progress import Progress, silent

# Enough images to make the cost of a call small, few enough to stay in the processor's cache.
_CHUNK = 250
_TERCILES = ("low", "middle", "high")
# The last count of each stands for itself and all above.
_COUNTS = {"loops": 2, "endpoints": 4, "junctions": 3}

Part = TypeVar("Part")


def concept_bank(
    images: ImageSet, reference: Morphometry | None = None, progress: Progress = silent
) -> Concepts:
    """Concepts of whole images, computed from the pixels: 10 + 12 + 18 + 90 for digits.

    In groups: ``class`` (the label, where there are labels), ``topology`` (how many loops, endpoints,
    junctions), ``shape`` (Morpho-MNIST's measures in terciles), ``piece`` (strokes, curves, corners, loops,
    endpoints and junctions in the nine cells of a grid).

    Args:
        images: grey, bright ink on black.
        reference: the images whose terciles divide low from middle from high; None: these images.
            Give the training split's, so that a concept means the same on every split.
        progress: told the fraction of images done.

    Raises:
        ImageError: colour images.
    """

    def concepts_of(strokes: Strokes) -> tuple[np.ndarray, Morphometry, np.ndarray, tuple[str, ...]]:
        pieces = pieces_of(strokes, images.height, images.width)
        return counts_of(strokes), morphometry_of(strokes), pieces.values, pieces.names

    parts = in_parts(images, concepts_of, progress)
    counts = np.concatenate([part[0] for part in parts])
    shapes = _joined([part[1] for part in parts])
    groups = [
        _classes(images),
        _topology(counts),
        _shape(shapes, reference or shapes),
        ("piece", parts[0][3], np.concatenate([part[2] for part in parts])),
    ]
    return Concepts(
        tuple(name for _, names, _ in groups for name in names),
        np.concatenate([values for *_, values in groups], axis=1),
        tuple(group for group, names, _ in groups for _ in names),
    )


def morphometry(images: ImageSet, progress: Progress = silent) -> Morphometry:
    """Morpho-MNIST's measures of grey images: area, length, thickness, slant, width, height."""
    return _joined(in_parts(images, morphometry_of, progress))


def topology(images: ImageSet, progress: Progress = silent) -> dict[str, np.ndarray]:
    """How many ``loops``, ``endpoints`` and ``junctions`` each image has: int64 ``(images,)`` each."""
    counts = np.concatenate(in_parts(images, counts_of, progress))
    return dict(zip(_COUNTS, counts.T, strict=True))


def counts_of(strokes: Strokes) -> np.ndarray:
    """Loops, endpoints and junctions of each image: int64 (images, 3)."""
    owners = (strokes.ink.hole_image, strokes.tip_image, strokes.junction_image)
    return np.stack([np.bincount(owner, minlength=strokes.n_images) for owner in owners], axis=1)


def in_parts(images: ImageSet, function: Callable[[Strokes], Part], progress: Progress) -> list[Part]:
    """Find the strokes of a few hundred images at a time, and keep what a function makes of them."""
    return in_numbered_parts(images, lambda strokes, numbers: function(strokes), progress)


def in_numbered_parts(
    images: ImageSet, function: Callable[[Strokes, np.ndarray], Part], progress: Progress
) -> list[Part]:
    """As :func:`in_parts`, for a function that is told the rows of its images too."""
    pixels = grey_pixels(images)
    starts = range(0, len(pixels), _CHUNK)

    def part(start: int) -> Part:
        some = pixels[start : start + _CHUNK]
        return function(strokes_of(some), np.arange(start, start + len(some)))

    done = []
    with ThreadPoolExecutor(max_workers=2) as pool:
        for result in pool.map(part, starts):
            done.append(result)
            progress(
                len(done) / len(starts), f"{min(len(done) * _CHUNK, len(pixels))} of {len(pixels)} images"
            )
    return done


def grey_pixels(images: ImageSet) -> np.ndarray:
    """Pixels (images, height, width) of a grey set."""
    if images.n_channels != 1:
        raise ImageError(
            f"The pieces of digits are found in grey images, but {images.name} has {images.n_channels} "
            f"channels; convert it (sememe.images.to_grey), or bring concepts from a table or from masks."
        )
    return images.pixels.reshape(len(images), images.height, images.width)


def _joined(parts: list[Morphometry]) -> Morphometry:
    return Morphometry(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Morphometry.names())
    )


Group = tuple[str, tuple[str, ...], np.ndarray]


def _classes(images: ImageSet) -> Group:
    if images.labels is None:
        return "class", (), np.zeros((len(images), 0), bool)
    names = tuple(f"class {name}" for name in images.label_names)
    return "class", names, images.labels[:, None] == np.arange(len(names))


def _topology(counts: np.ndarray) -> Group:
    names, columns = [], []
    for column, (word, most) in enumerate(_COUNTS.items()):
        for count in range(most + 1):
            last = count == most
            names.append(
                f"{count} {word} or more" if last else f"{count} {word}" if count != 1 else f"1 {word[:-1]}"
            )
            columns.append(counts[:, column] >= count if last else counts[:, column] == count)
    return "topology", tuple(names), np.stack(columns, axis=1)


def _shape(shapes: Morphometry, reference: Morphometry) -> Group:
    names, columns = [], []
    for measure in Morphometry.names():
        known = getattr(reference, measure)
        known = known[np.isfinite(known)]
        values = getattr(shapes, measure)
        tercile = np.full(len(values), -1)
        if len(known):
            edges = np.quantile(known, [1 / 3, 2 / 3])
            tercile = np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))
        for number, word in enumerate(_TERCILES):
            names.append(f"{measure} {word}")
            columns.append(tercile == number)
    return "shape", tuple(names), np.stack(columns, axis=1)
