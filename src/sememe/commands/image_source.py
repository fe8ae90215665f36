"""Images as a command names them: a word for what ships with the package, or a path."""

import dataclasses
import re
from pathlib import Path
from typing import Literal

from sememe.errors import ImageError
from sememe.images import ImageSet, folder, idx, mnist, npz

# Rows in square brackets behind the name, as Python slices: "mnist:test[-5000:]".
_ROWS = re.compile(r"^(?P<name>.+)\[(?P<start>-?\d+)?:(?P<stop>-?\d+)?\]$")


def read_images(
    name: str, size: int | None = None, channels: Literal["grey", "colour"] | None = None
) -> ImageSet:
    """The images that a command was given.

    Args:
        name: ``mnist:train`` or ``mnist:test``; an ``.npz`` archive; an IDX file, whose labels are looked for
            beside it or follow behind a comma; or a folder of class folders. Rows in brackets take a part:
            ``mnist:test[-5000:]``.
        size: height and width that the pictures of a folder are brought to; None: they have one size.
        channels: what the pictures of a folder are converted to; None: they are of one kind.

    Raises:
        ImageError: there is nothing of that name, it is damaged, or size or channels are given for what is
            no folder.
    """
    rows = _ROWS.match(name)
    if rows is None:
        return _whole(name, size, channels)
    start, stop = (None if rows[part] is None else int(rows[part]) for part in ("start", "stop"))
    part = _whole(rows["name"], size, channels)[start:stop]
    # Stores keep the name, so that they are not taken for those of other rows.
    return dataclasses.replace(part, name=part.name + name[len(rows["name"]) :])


def _whole(name: str, size: int | None, channels: Literal["grey", "colour"] | None) -> ImageSet:
    collection, colon, split = name.partition(":")
    of_one_kind = collection == "mnist" or Path(name.partition(",")[0]).is_file()
    if of_one_kind and (size is not None or channels is not None):
        raise ImageError(
            f"--size and --channels are for folders of pictures: leave them out, as {name} has images of one "
            "size and kind."
        )
    if collection == "mnist":
        if not colon:
            raise ImageError("mnist has two splits: give mnist:train or mnist:test.")
        return mnist(split)
    images_file, comma, labels_file = name.partition(",")
    path = Path(images_file)
    if path.is_dir():
        return folder(path, size, channels)
    if not path.exists():
        raise ImageError(
            f"There are no images {name!r}: give mnist:train, mnist:test, an .npz archive, an IDX file or a "
            "folder that has a subfolder of pictures for each class."
        )
    if path.suffix == ".npz":
        return npz(path)
    return idx(path, Path(labels_file) if comma else _labels_beside(path))


def _labels_beside(path: Path) -> Path | None:
    """The labels of an IDX file by the names that MNIST and its relatives use."""
    beside = path.with_name(path.name.replace("images", "labels").replace("idx3", "idx1"))
    return beside if beside != path and beside.exists() else None
