"""NumPy archives: images and labels under whatever names and in whatever layout they were saved."""

import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np

from sememe.errors import ImageError
from sememe.files import unreadable
from sememe.images.image_set import ImageSet

_IMAGE_NAMES = ("images", "pixels", "x", "data", "arr_0")
_LABEL_NAMES = ("labels", "y", "targets", "arr_1")
# The axis of channels is told from its length: grey, colour, colour with alpha (which is refused later).
_CHANNELS = (1, 3, 4)
# What reading a damaged archive raises; the last two where zipfile takes it for encrypted or of another kind.
_DAMAGE = (OSError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError)


def npz(
    path: Path | str,
    images: str | None = None,
    labels: str | None = None,
    label_names: Sequence[str] = (),
    name: str | None = None,
) -> ImageSet:
    """Load images, and labels where there are any, from an ``.npz`` archive.

    Pixels may be unsigned bytes, other integers in 0..255, Booleans (drawn black and white), or floats in
    0..1, which are rounded to the nearest of 256 levels; where that changes a value, the set's ``notes`` say
    by how much. Shapes may be (images, height, width), channels first, or channels last with 1 or 3 channels.

    Labels may be integers from 0, one an image, or strings, whose sorted values then are the label names.

    Args:
        path: the archive.
        images: the name of the array of images; None: the first of images, pixels, x, data, arr_0 that the
            archive holds, in any case.
        labels: likewise; None: the first of labels, y, targets, arr_1, or no labels if there is none.
        label_names: a name a class; empty: the numbers, or the sorted strings.
        name: what to call the set; None: the archive's name.

    Raises:
        ImageError: no archive, pickled objects inside, no such array, values out of range, another layout,
            or labels that do not fit.
    """
    path = Path(path)
    with _open(path) as archive:
        images_name = _find(archive, images, _IMAGE_NAMES, path)
        if images_name is None:
            raise ImageError(
                f"{path} has no array named {', '.join(_IMAGE_NAMES[:-1])} or {_IMAGE_NAMES[-1]}; it holds "
                f"{', '.join(archive.files) or 'nothing'}: name the one with the images (images=...)."
            )
        labels_name = _find(archive, labels, _LABEL_NAMES, path)
        stored_images = _read(archive, images_name, path)
        stored_labels = None if labels_name is None else _read(archive, labels_name, path)

    where = f"{path}'s {images_name}"
    pixels, notes = _bytes(_channels_first(stored_images, where), where)
    classes = None
    if stored_labels is not None:
        classes, found_names = _classes(stored_labels, f"{path}'s {labels_name}")
        label_names = label_names or found_names
    return ImageSet(pixels, classes, tuple(label_names), path.stem if name is None else name, notes)


@contextmanager
def _open(path: Path) -> Iterator[np.lib.npyio.NpzFile]:
    # numpy.load leaves a file that it opened itself open where it fails.
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(open(path, "rb"))
            opened = np.load(stream, allow_pickle=False)
        except FileNotFoundError:
            raise ImageError(f"There is no file {path}.") from None
        except (ValueError, *_DAMAGE) as error:
            raise ImageError(f"{path} is not a NumPy archive, or is damaged ({unreadable(error)}).") from None
        if not isinstance(opened, np.lib.npyio.NpzFile):
            raise ImageError(
                f"{path} is a single array, not an archive: save it with numpy.savez(path, images=...)."
            )
        yield stack.enter_context(opened)


def _find(archive: np.lib.npyio.NpzFile, asked: str | None, usual: tuple[str, ...], path: Path) -> str | None:
    if asked is not None:
        if asked not in archive.files:
            raise ImageError(
                f"{path} has no array {asked!r}; it holds {', '.join(archive.files) or 'nothing'}."
            )
        return asked
    lowered = {file.lower(): file for file in reversed(archive.files)}
    return next((lowered[word] for word in usual if word in lowered), None)


def _read(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        return archive[name]
    except ValueError as error:
        if "pickle" in str(error):
            raise ImageError(
                f"{path}'s {name} holds pickled Python objects, which are never loaded; save it again as a "
                f"plain numeric array (images of one size stacked with numpy.stack)."
            ) from None
        raise ImageError(f"{path}'s {name} is damaged ({error}).") from None
    except _DAMAGE as error:
        raise ImageError(f"{path}'s {name} is damaged ({error}).") from None


def _channels_first(array: np.ndarray, where: str) -> np.ndarray:
    if array.ndim == 4 and array.shape[1] not in _CHANNELS and array.shape[3] in _CHANNELS:
        array = np.moveaxis(array, 3, 1)
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (3, 4) or (array.ndim == 4 and array.shape[1] == 4):
        raise ImageError(
            f"{where} has shape {array.shape}; expected (images, height, width), or 1 or 3 channels on the "
            f"second or the last axis."
        )
    return array


def _bytes(array: np.ndarray, where: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Pixels as unsigned bytes, and a note where rounding changed them."""
    if array.size == 0:
        raise ImageError(f"{where} is empty: its shape is {array.shape}.")
    if array.dtype == np.uint8:
        return np.ascontiguousarray(array), ()
    if array.dtype == bool:
        return array.astype(np.uint8) * np.uint8(255), ()
    if array.dtype.kind not in "iuf":
        raise ImageError(f"{where} is {array.dtype}; expected numbers.")
    # NaN is neither smaller nor larger than anything, but minimum and maximum pass it on.
    lowest, highest = array.min(), array.max()
    if array.dtype.kind in "iu":
        if lowest < 0 or highest > 255:
            raise ImageError(f"{where} is {array.dtype} from {lowest} to {highest}; expected 0 to 255.")
        return array.astype(np.uint8), ()
    if not np.isfinite([lowest, highest]).all():
        raise ImageError(f"{where} holds values that are not finite; expected 0 to 1.")
    if lowest < 0 or highest > 1:
        raise ImageError(
            f"{where} is {array.dtype} from {lowest:.4g} to {highest:.4g}; expected 0 to 1: undo the "
            f"normalisation, or divide by the largest value, before saving."
        )
    pixels = np.rint(array * 255).astype(np.uint8)
    change = float(np.abs(pixels / np.float32(255) - array).max())
    # Fractions of 255 in half or single precision are 8-bit pixels already.
    if change < 5e-4:
        return pixels, ()
    return pixels, (f"pixels rounded to 256 levels, by up to {change:.4f} of the range",)


def _classes(labels: np.ndarray, where: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Class numbers, and names where the labels are strings."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise ImageError(
            f"{where} has shape {labels.shape}; expected one label an image (for one-hot rows, "
            f"take their argmax before saving)."
        )
    if labels.dtype.kind in "US":
        texts, numbers = np.unique(labels.astype(str), return_inverse=True)
        return numbers.astype(np.int64), tuple(str(text) for text in texts)
    if labels.dtype.kind in "iub":
        return labels.astype(np.int64), ()
    raise ImageError(f"{where} is {labels.dtype}; expected integers or strings.")
