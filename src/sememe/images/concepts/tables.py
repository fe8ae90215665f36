"""Concepts of other data: from a table with a row an image, or from masks."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from sememe.errors import ImageError
from sememe.images.concepts.concepts import ConceptMaps, Concepts
from sememe.images.picture import read_picture

# A column of yes and no with gaps is one of floats in most programs.
_YES, _NO = frozenset({"1", "1.0", "true", "yes"}), frozenset({"0", "0.0", "false", "no"})
# A column of numbers with more different values than this is divided into terciles.
_MOST_VALUES = 20


def concepts_from_table(
    table: Path | str | Mapping[str, Sequence[object] | np.ndarray], n_images: int | None = None
) -> Concepts:
    """Concepts from a table with a row an image, in the images' order.

    Each column becomes a group of concepts:

    - of yes and no (1 and 0, true and false): one concept, called as the column;
    - of up to 20 different values: a concept a value, ``"colour = red"``;
    - of more numbers: ``"weight low"``, ``"weight middle"``, ``"weight high"``, their terciles.

    An empty cell, or NaN, has none of its column's concepts.

    Args:
        table: a CSV file with a header, or its columns by name.
        n_images: how many rows there must be; None: not checked.

    Raises:
        ImageError: no such file, no rows, rows or columns of different lengths, or a column of more than 20
            texts.
    """
    source, columns = _columns(table)
    lengths = {name: len(cells) for name, cells in columns.items()}
    if not columns or not max(lengths.values()):
        raise ImageError(f"{source} holds no rows.")
    expected = next(iter(lengths.values())) if n_images is None else n_images
    for name, length in lengths.items():
        if length != expected:
            raise ImageError(
                f"{source} has {length} rows in the column {name!r}, but there are {expected} "
                f"{'rows in the first' if n_images is None else 'images'}; there must be one row an image."
            )
    found = [(name, *_concepts_of(name, cells, source)) for name, cells in columns.items()]
    return Concepts(
        tuple(name for _, names, _ in found for name in names),
        np.concatenate([values for *_, values in found], axis=1),
        tuple(column for column, names, _ in found for _ in names),
    )


def concepts_from_masks(path: Path | str, n_images: int | None = None) -> ConceptMaps:
    """Concepts of positions from a folder of masks: a subfolder a concept, in it a picture an image.

    The masks of a concept, sorted by name, belong to the images in their order; a pixel has the concept where
    the mask is brighter than half.

    Args:
        path: the folder.
        n_images: how many masks each concept must have; None: as many as the first.

    Raises:
        ImageError: no such folder, no subfolders, another number of masks, masks of different sizes, or a
            mask that cannot be read.
    """
    path = Path(path)
    if not path.is_dir():
        raise ImageError(f"There is no folder of masks {path}.")
    folders = sorted(entry for entry in path.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    if not folders:
        raise ImageError(f"{path} holds no subfolders; expected one a concept, with a mask an image.")
    concepts: list[np.ndarray] = []
    for folder in folders:
        files = sorted(file for file in folder.iterdir() if file.is_file() and not file.name.startswith("."))
        expected = len(concepts[0]) if n_images is None and concepts else n_images
        if not files or (expected is not None and len(files) != expected):
            raise ImageError(
                f"{folder} holds {len(files)} masks, but there are {expected or 'more'} images; "
                f"there must be one mask an image."
            )
        masks = [np.asarray(read_picture(file).convert("L")) > 127 for file in files]
        shape = concepts[0].shape[1:] if concepts else masks[0].shape
        for file, mask in zip(files, masks, strict=True):
            if mask.shape != shape:
                raise ImageError(
                    f"The mask {file} has shape {mask.shape}, but the first one {shape}; resize it."
                )
        concepts.append(np.stack(masks))
    names = tuple(folder.name for folder in folders)
    return ConceptMaps(names, np.stack(concepts, axis=1), ("mask",) * len(names))


def _columns(
    table: Path | str | Mapping[str, Sequence[object] | np.ndarray],
) -> tuple[str, dict[str, list[str]]]:
    if isinstance(table, Mapping):
        return "The table", {name: [_text(cell) for cell in cells] for name, cells in table.items()}
    try:
        with open(table, newline="", encoding="utf-8-sig") as stream:
            rows = list(csv.reader(stream))
    except FileNotFoundError:
        raise ImageError(f"There is no table {table}.") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ImageError(f"{table} cannot be read as a CSV table: {error}.") from None
    if not rows:
        raise ImageError(f"{table} is empty; expected a header and a row an image.")
    header, body = [cell.strip() for cell in rows[0]], rows[1:]
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise ImageError(
                f"Line {number} of {table} has {len(row)} cells, but the header has {len(header)}."
            )
    if len(set(header)) < len(header):
        raise ImageError(f"{table} has two columns of the same name: {', '.join(header)}.")
    return str(table), {name: [row[column].strip() for row in body] for column, name in enumerate(header)}


def _text(cell: object) -> str:
    """A cell as it would stand in a CSV file; what is missing is empty."""
    text = "" if cell is None else str(cell).strip()
    return "" if text.lower() == "nan" else text


def _concepts_of(column: str, cells: list[str], source: str) -> tuple[tuple[str, ...], np.ndarray]:
    values = np.array([_text(cell) for cell in cells])
    present = sorted(set(values[values != ""].tolist()))
    lowered = {value.lower() for value in present}
    if not present:
        raise ImageError(f"The column {column!r} of {source} is empty; leave it out.")
    if lowered <= _YES | _NO:
        return (column,), np.isin(np.char.lower(values), list(_YES))[:, None]
    numbers = _numbers(present)
    if len(present) <= _MOST_VALUES:
        if numbers is not None:
            present = [present[row] for row in np.argsort(numbers, kind="stable")]
        return tuple(f"{column} = {value}" for value in present), values[:, None] == np.array(present)
    if numbers is None:
        raise ImageError(
            f"The column {column!r} of {source} holds {len(present)} different texts, too many for concepts; "
            f"leave it out or group its values."
        )
    measured = np.array([float(value) if value else np.nan for value in values.tolist()])
    edges = np.nanquantile(measured, [1 / 3, 2 / 3])
    tercile = np.where(np.isnan(measured), -1, np.searchsorted(edges, measured, side="right"))
    return tuple(f"{column} {word}" for word in ("low", "middle", "high")), tercile[:, None] == np.arange(3)


def _numbers(texts: list[str]) -> np.ndarray | None:
    try:
        numbers = np.array([float(text) for text in texts])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
