"""A set of images: what this room hands to the rooms to its right."""

import dataclasses
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Integer

from sememe.errors import ImageError

Rows = slice | list[int] | Integer[np.ndarray, " rows"] | Bool[np.ndarray, " mask"]


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images of one size and channel count, with their classes.

    The arrays are read-only views, so that a set can be shared and cached: whoever wants to change
    pixels copies them (``images.pixels.copy()``; ``torch.tensor(images.labels)`` copies too).

    Attributes:
        pixels: uint8, ``(images, height, width)`` for grey images without a channel axis, otherwise
            ``(images, channels, height, width)``; 0 is black, 255 white.
        labels: int64 ``(images,)``, the class of each image, from 0; None where there are none.
        label_names: a name a class. Left empty, classes are named by their numbers.
        name: what the set is called in messages and in a run's record; a subset keeps it.
        notes: what a reader of results should know of how the set was loaded, a sentence each
            (``"2 corrupt images skipped: cats/a.png, cats/b.png"``); mostly empty.

    Raises:
        ImageError: pixels or labels of another type or shape, no images, counts that differ, or a label
            without a name.
    """

    # Shapes and types are checked below, always and with sentences of our own, instead of by annotations.
    pixels: np.ndarray
    labels: np.ndarray | None = None
    label_names: tuple[str, ...] = ()
    name: str = "images"
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_pixels(self.pixels, self.name)
        object.__setattr__(self, "pixels", _read_only(self.pixels))
        object.__setattr__(self, "label_names", tuple(self.label_names))
        object.__setattr__(self, "notes", tuple(self.notes))
        if self.labels is None:
            return
        _check_labels(self.labels, len(self.pixels), self.label_names, self.name)
        object.__setattr__(self, "labels", _read_only(self.labels))
        if not self.label_names:
            numbers = range(int(self.labels.max()) + 1)
            object.__setattr__(self, "label_names", tuple(str(number) for number in numbers))

    def __len__(self) -> int:
        return len(self.pixels)

    def __repr__(self) -> str:
        labels = "no labels" if self.labels is None else f"{len(self.label_names)} classes"
        size = f"{self.n_channels} x {self.height} x {self.width}"
        return f"ImageSet({self.name!r}: {len(self)} images of {size}, {labels})"

    @property
    def n_channels(self) -> int:
        """Channels of an image: 1 for grey, 3 for colour."""
        return 1 if self.pixels.ndim == 3 else self.pixels.shape[1]

    @property
    def height(self) -> int:
        """Height of an image in pixels."""
        return self.pixels.shape[-2]

    @property
    def width(self) -> int:
        """Width of an image in pixels."""
        return self.pixels.shape[-1]

    def __getitem__(self, rows: Rows) -> "ImageSet":
        """The subset at a slice (a view), an array of row numbers or a Boolean mask (copies).

        Raises:
            ImageError: a single number, rows that are not there, a mask of another length, or no row at all.
        """
        rows = self._rows(rows)
        labels = None if self.labels is None else self.labels[rows]
        return dataclasses.replace(self, pixels=self.pixels[rows], labels=labels)

    def floats(self, rows: Rows | None = None) -> Float32[np.ndarray, "images channels height width"]:
        """Pixels as networks take them: float32 in 0..1, always with a channel axis, freshly allocated.

        Args:
            rows: which images, as in indexing; None for all.
        """
        pixels = self.pixels if rows is None else self.pixels[self._rows(rows)]
        pixels = pixels.reshape(len(pixels), self.n_channels, self.height, self.width)
        return np.divide(pixels, np.float32(255), dtype=np.float32)

    def _rows(self, rows: object) -> Rows:
        """Rows that are there, or an :class:`ImageError` instead of NumPy's ``IndexError``."""
        if isinstance(rows, slice):
            return rows
        array = np.asarray(rows)
        if array.ndim != 1 or (array.size and array.dtype.kind not in "iub"):
            raise ImageError(
                f"{self.name} is indexed by a slice, an array of row numbers or a Boolean mask, not by "
                f"{_kind(rows)}; for the one image number i write images[i : i + 1]."
            )
        if array.dtype == bool:
            if len(array) != len(self):
                raise ImageError(
                    f"A mask of {len(array)} entries does not fit the {len(self)} images of {self.name}."
                )
            return array
        if array.size == 0:
            return array.astype(np.int64)
        if array.min() < -len(self) or array.max() >= len(self):
            worst = array.max() if array.max() >= len(self) else array.min()
            raise ImageError(f"There is no row {worst} in {self.name}, which holds {len(self)} images.")
        return array


def _check_pixels(pixels: object, name: str) -> None:
    if not isinstance(pixels, np.ndarray):
        raise ImageError(
            f"The pixels of {name} are a {type(pixels).__name__}, not a NumPy array; a set holds images of "
            f"one size and channel count: resize or convert them first."
        )
    if pixels.dtype != np.uint8:
        raise ImageError(
            f"The pixels of {name} are {pixels.dtype}, not uint8: scale them to 0..255 and convert them "
            f"(sememe.images.npz does so for files)."
        )
    if pixels.ndim not in (3, 4):
        raise ImageError(
            f"The pixels of {name} have shape {pixels.shape}; expected (images, height, width) or "
            f"(images, channels, height, width)."
        )
    if len(pixels) == 0:
        raise ImageError(f"{name} holds no images.")
    if 0 in pixels.shape:
        raise ImageError(f"The images of {name} are empty: their shape is {pixels.shape[1:]}.")
    if pixels.ndim == 4 and pixels.shape[1] > 4 and pixels.shape[3] in (1, 3, 4):
        raise ImageError(
            f"The pixels of {name} have shape {pixels.shape}, which looks like channels last; "
            f"move them to the second axis: np.moveaxis(pixels, -1, 1)."
        )


def _check_labels(labels: object, n_images: int, label_names: tuple[str, ...], name: str) -> None:
    if not isinstance(labels, np.ndarray) or labels.dtype != np.int64 or labels.ndim != 1:
        raise ImageError(
            f"The labels of {name} are {_kind(labels)}; expected an int64 array of shape ({n_images},)."
        )
    if len(labels) != n_images:
        raise ImageError(
            f"{name} has {n_images} images but {len(labels)} labels; there must be one an image."
        )
    lowest, highest = int(labels.min()), int(labels.max())
    if lowest < 0:
        raise ImageError(f"The labels of {name} go down to {lowest}; classes are numbered from 0.")
    if label_names and highest >= len(label_names):
        raise ImageError(
            f"The labels of {name} go up to {highest}, but there are {len(label_names)} label names: "
            f"give a name for each of the classes 0 to {highest}."
        )
    if not label_names and highest >= 100_000:
        raise ImageError(
            f"The labels of {name} go up to {highest}, too many to be classes: number the classes from 0, "
            f"or give label_names."
        )


def _kind(thing: object) -> str:
    """What arrived, in a few words."""
    return f"{thing.dtype} of shape {thing.shape}" if isinstance(thing, np.ndarray) else type(thing).__name__


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view
