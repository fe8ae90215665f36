"""A folder of pictures, with a subfolder a class."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from sememe.errors import ImageError
from sememe.images.image_set import ImageSet
from sememe.images.picture import read_picture
from sememe.images.transforms import Fit, Size, fit_picture, height_and_width
from sememe.progress import Progress, silent

# So many pictures are decoded at once: enough to keep all cores busy, few enough to stop soon and stay small.
_BATCH = 64
# So many corrupt pictures are named; of the others there is a count.
_NAMED = 10


def folder(
    path: Path | str,
    size: Size | None = None,
    channels: Literal["grey", "colour"] | None = None,
    skip_corrupt: bool = False,
    fit: Fit = "crop",
    name: str | None = None,
    progress: Progress = silent,
) -> ImageSet:
    """Load a folder that has a subfolder of pictures for each class, or pictures and no classes.

    The subfolders' names, sorted, are the label names; pictures below them, at any depth, are taken in the
    order of their paths. Without subfolders the set has no labels. Hidden files are left out; files that are
    no pictures by their extension are left out and counted in the set's ``notes``. What becomes of palettes,
    transparency, 16 bits and EXIF orientation is told in :mod:`sememe.images.picture`.

    Args:
        path: the folder.
        size: height and width to bring every picture to, or one number for a square; None: all pictures
            must have one size already.
        channels: convert all to ``"grey"`` (ITU-R 601 luma) or ``"colour"`` (grey repeated in three
            channels); None: all pictures must be of one kind already.
        skip_corrupt: leave out pictures that cannot be decoded, and say in ``notes`` how many and which;
            otherwise the first one is an error.
        fit: what to do where ``size`` has other proportions: ``"crop"`` the longer side, ``"pad"`` the
            shorter one with black, or ``"stretch"``.
        name: what to call the set; None: the folder's name.
        progress: told the fraction of pictures read.

    Raises:
        ImageError: no such folder, no pictures in it or in a subfolder, a corrupt picture, or pictures of
            different sizes or kinds; the message names the picture.
    """
    path = Path(path)
    if not path.is_dir():
        what = "is not a folder" if path.exists() else "does not exist"
        raise ImageError(f"The folder of images {path} {what}.")
    if channels not in (None, "grey", "colour"):
        raise ImageError(f"channels is {channels!r}; choose 'grey', 'colour' or None.")
    if size is not None:
        size = height_and_width(size)
    files, labels, label_names, n_ignored = _list(path)

    pixels: np.ndarray | None = None
    kept: list[int] = []
    corrupt: list[str] = []
    for row, picture in _pictures(files, size, channels, fit):
        if isinstance(picture, ImageError):
            if not skip_corrupt:
                raise picture
            corrupt.append(str(files[row].relative_to(path)))
        else:
            if pixels is None:
                pixels = np.empty((len(files), *picture.shape), np.uint8)
            _check_alike(picture, files[row], pixels[0], files[kept[0]] if kept else files[row])
            pixels[len(kept)] = picture
            kept.append(row)
        progress((row + 1) / len(files), f"{row + 1} of {len(files)} images read")
    if pixels is None:
        raise ImageError(
            f"None of the {len(files)} images in {path} can be decoded; the first is {corrupt[0]}."
        )

    notes = []
    if corrupt:
        notes.append(f"{_count(corrupt, 'corrupt image')} skipped: {_some(corrupt)}")
    if n_ignored:
        notes.append(f"{n_ignored} files that are no images by their extension left out")
    return ImageSet(
        pixels[: len(kept)],
        None if labels is None else labels[kept],
        label_names,
        path.resolve().name if name is None else name,
        tuple(notes),
    )


def _list(path: Path) -> tuple[list[Path], np.ndarray | None, tuple[str, ...], int]:
    """Picture files, their labels, the label names, and how many other files there are."""
    entries = sorted(entry for entry in path.iterdir() if not _hidden(entry.name))
    classes = [entry for entry in entries if entry.is_dir()]
    flat, n_ignored = _split([entry for entry in entries if entry.is_file()])
    if not classes:
        if not flat:
            raise ImageError(f"The folder {path} holds no images.")
        return flat, None, (), n_ignored
    if flat:
        raise ImageError(
            f"{path} holds both images ({flat[0].name}) and subfolders ({classes[0].name}); "
            f"put each image into the subfolder of its class."
        )
    files: list[Path] = []
    labels: list[int] = []
    for label, class_folder in enumerate(classes):
        inside, n_others = _split(sorted(_walk(class_folder)))
        if not inside:
            raise ImageError(f"The class folder {class_folder} holds no images; remove it or fill it.")
        files += inside
        labels += [label] * len(inside)
        n_ignored += n_others
    return files, np.array(labels, np.int64), tuple(entry.name for entry in classes), n_ignored


def _walk(path: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(path, followlinks=True):
        folders[:] = [folder for folder in folders if not _hidden(folder)]
        yield from (Path(parent) / file for file in files if not _hidden(file))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _split(files: list[Path]) -> tuple[list[Path], int]:
    known = Image.registered_extensions()
    pictures = [file for file in files if file.suffix.lower() in known]
    return pictures, len(files) - len(pictures)


def _pictures(
    files: list[Path], size: tuple[int, int] | None, channels: str | None, fit: Fit
) -> Iterator[tuple[int, np.ndarray | ImageError]]:
    """Every file in its order, decoded by several threads; what cannot be decoded as its error."""

    def decode(file: Path) -> np.ndarray | ImageError:
        try:
            picture = read_picture(file)
        except ImageError as error:
            return error
        if channels is not None:
            picture = picture.convert("L" if channels == "grey" else "RGB")
        if size is not None:
            picture = fit_picture(picture, size, fit)
        array = np.asarray(picture)
        return array if array.ndim == 2 else np.moveaxis(array, -1, 0)

    with ThreadPoolExecutor() as pool:
        for start in range(0, len(files), _BATCH):
            batch = files[start : start + _BATCH]
            yield from enumerate(pool.map(decode, batch), start)


def _check_alike(picture: np.ndarray, file: Path, first: np.ndarray, first_file: Path) -> None:
    if picture.ndim != first.ndim:
        kinds = {2: "grey", 3: "colour"}
        raise ImageError(
            f"{file} is {kinds[picture.ndim]} but {first_file} is {kinds[first.ndim]}; "
            f"give channels='grey' or channels='colour'."
        )
    if picture.shape != first.shape:
        raise ImageError(
            f"{file} is {picture.shape[-2]} x {picture.shape[-1]} pixels but {first_file} is "
            f"{first.shape[-2]} x {first.shape[-1]}; give a size to bring them to (size=...)."
        )


def _count(things: list[str], singular: str) -> str:
    return f"1 {singular}" if len(things) == 1 else f"{len(things)} {singular}s"


def _some(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
