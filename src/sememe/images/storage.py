"""A set of images on disk, as a folder that opens without being read: ``set.json`` and two NumPy arrays.

An archive would have to be unpacked into memory first; here pixels stay on disk until looked at.
"""

from pathlib import Path
from typing import Any

import numpy as np

from sememe import files
from sememe.errors import FormatError, ImageError
from sememe.images.image_set import ImageSet

FORMAT = "sememe images, version 1"
SET, PIXELS, LABELS = "set.json", "pixels.npy", "labels.npy"


def save(images: ImageSet, folder: Path | str) -> None:
    """Write a set to a folder, in place of the set that is there; it is there whole or not at all."""
    with files.whole_folder(folder) as temporary:
        _write(temporary / PIXELS, images.pixels)
        if images.labels is not None:
            _write(temporary / LABELS, images.labels)
        record = {
            "format": FORMAT,
            "name": images.name,
            "label_names": list(images.label_names),
            "notes": list(images.notes),
            "labelled": images.labels is not None,
        }
        files.write_json(temporary / SET, record)


def load(folder: Path | str) -> ImageSet:
    """The set that was saved in a folder; its pixels are mapped into memory, not read.

    Raises:
        FormatError: the folder holds no set, or a damaged one.
    """
    folder = Path(folder)
    record = files.read_json(folder / SET)
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise FormatError(f"{folder / SET} does not describe {FORMAT}: save the images again.")
    labels = _open(folder / LABELS) if record.get("labelled") else None
    try:
        return ImageSet(
            np.asarray(_open(folder / PIXELS)),
            None if labels is None else np.array(labels),
            tuple(str(name) for name in record["label_names"]),
            str(record["name"]),
            tuple(str(note) for note in record["notes"]),
        )
    except (KeyError, TypeError, ImageError) as error:
        raise FormatError(f"{folder} does not hold a set of images ({error}): save it again.") from None


def _write(path: Path, array: np.ndarray) -> None:
    # The folder is renamed when it is whole, so that the array need not pass through memory once more.
    with path.open("wb") as stream:
        np.save(stream, array, allow_pickle=False)


def _open(path: Path) -> Any:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise FormatError(f"{path} cannot be opened as an array ({error}): save the images again.") from None
