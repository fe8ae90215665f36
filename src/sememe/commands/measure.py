"""``sememe measure``: a dictionary's components and the layer's neurons, scored side by side."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from cyclopts import Parameter
from rich.console import Console

from sememe.commands.options import Device, Flag, say
from sememe.errors import MeasureError

if TYPE_CHECKING:
    from rich.table import Table

    from sememe.commands.item_source import ItemSource
    from sememe.images import ImageSet
    from sememe.measures import Evaluation, Evidence, MeasureTable

_NEURONS = "neurons"
# So many unit sets stand side by side with their intervals; more stand one below the other.
_BESIDE = 3
# Measures of a table of many unit sets: more do not fit on a line.
_A_TABLE = 5


def measure(
    dictionary: Path,
    store: Path,
    /,
    *,
    images: str | None = None,
    target: Path | None = None,
    encoder: Path | None = None,
    size: int | None = None,
    channels: Literal["grey", "colour"] | None = None,
    items: int = 20_000,
    replicates: int = 200,
    units: Path | None = None,
    json_: Annotated[Flag, Parameter("--json")] = False,
    seed: int = 0,
    device: Device = "auto",
) -> None:
    """Score a dictionary's components, and the layer's neurons beside them, on a store of activations.

    Give a store of images that the dictionary was not fitted on. Without --images: how much is kept and how
    sparse it is. With them: how selective units are for the labels. With --encoder too: how alike the images
    are that fire a unit.

    `sememe measure FOLDER STORE --images "mnist:test[-5000:]"`

    Parameters
    ----------
    dictionary
        The dictionary's folder, or the folder of a sweep, of which all are measured.
    store
        A store of activations, or an .npy file with a row an item and a column a neuron.
    images
        The images that the store was harvested from, as `sememe harvest` was given them.
    target
        For transcoders: the store of the later layer, of the same items. Variance is then that layer's.
    encoder
        The folder of a saved network, trained apart, that has a layer "embedding", such as
        RUN/network/encoder: images are alike if its embeddings are.
    size
        As in `sememe harvest`, for a folder of pictures.
    channels
        As in `sememe harvest`, for a folder of pictures.
    items
        Items to measure on, at most: all those of images that are drawn at random.
    replicates
        Bootstrap replicates behind each interval.
    units
        A Parquet file to write: a row a unit with its own scores, each with its 95 % interval over images.
    json_
        Every score and interval as JSON, for programs.
    seed
        Which images are drawn, and how they are resampled.
    device
        Where dictionaries that are torch modules run.
    """
    from sememe import dictionaries, measures, networks
    from sememe.commands.item_source import open_items

    if seed < 0:
        raise MeasureError(f"The seed must be 0 or more, but {seed} arrived.")
    if items < 2:
        raise MeasureError(f"{items} items are too few to measure on: use 2 or more.")
    found = {name: dictionaries.load(folder) for name, folder in _folders(dictionary).items()}
    source = open_items(store)
    for name, one in found.items():
        if isinstance(one, dictionaries.Transcoder) != (target is not None):
            raise MeasureError(
                f"{name} is a {type(one).__name__}: --target gives a transcoder's later layer, and only that."
            )
        if one.n_features_in_ != source.n_neurons:
            raise MeasureError(
                f"{name} was fitted on {one.n_features_in_} neurons, but {store} has {source.n_neurons}: "
                "give the store of its layer."
            )
    rows = source.of_some_images(items, seed)
    values, later = source.take(rows), _later_values(target, source, rows)
    evidence, notes = _evidence(source, rows, images, encoder, (size, channels), replicates, seed)
    neurons = measures.evaluate(values, evidence, name=_NEURONS, reconstruction=(values, values))
    evaluations = [neurons]
    for name, one in found.items():
        parameters = {"device": networks.resolve_device(device).type, "sparse_output": True}
        one.set_params(**{key: value for key, value in parameters.items() if key in one.get_params()})
        codes = one.transform(values)
        kept = (values, one.inverse_transform(codes)) if later is None else (later, one.predict(values))
        evaluations.append(measures.evaluate(codes, evidence, name=name, reconstruction=kept))
    if units is not None:
        _write_units(units, evaluations)
    title = source.title if source.store is None else source.store.layer
    table = measures.compare(title, evaluations, controls=[_NEURONS])
    if json_:
        own = [row for row in table.to_dict()["rows"] if row["at"] == "own"]
        found_out = {"store": str(store), "title": source.title, "notes": notes, "rows": own}
        say(json.dumps(found_out, indent=1, allow_nan=False))
        return
    _print(Console(highlight=False), table, source.title, len(rows), evidence)
    for note in notes:
        say(f"Note: {note}.")


def _write_units(path: Path, evaluations: Sequence["Evaluation"]) -> None:
    import pyarrow as pa

    from sememe.runs.unit_table import unit_rows, write_units

    rows = [unit_rows(evaluation.name, evaluation) for evaluation in evaluations]
    write_units(path, pa.concat_tables(rows, promote_options="default"))


def _later_values(target: Path | None, source: "ItemSource", rows: np.ndarray) -> np.ndarray | None:
    from sememe.commands.item_source import open_items

    if target is None:
        return None
    later = open_items(target)
    if len(later) != len(source):
        raise MeasureError(
            f"{target} has {len(later):,} items, but the layer that it is read from has {len(source):,}: "
            "give stores of the same items."
        )
    return later.take(rows)


def _folders(dictionary: Path) -> dict[str, Path]:
    """The dictionary, or every one of a sweep, by the name that it is printed under."""
    if (dictionary / "cfg.json").exists() or not dictionary.is_dir():
        return {dictionary.resolve().name: dictionary}
    inside = sorted(folder for folder in dictionary.iterdir() if (folder / "cfg.json").exists())
    if not inside:
        raise MeasureError(f"{dictionary} holds no dictionary: give the folder that `sememe learn` wrote.")
    return {folder.name: folder for folder in inside}


def _evidence(
    source: "ItemSource",
    rows: np.ndarray,
    images: str | None,
    encoder: Path | None,
    pictures: tuple[int | None, Literal["grey", "colour"] | None],
    replicates: int,
    seed: int,
) -> tuple["Evidence", list[str]]:
    """What is known of the chosen items, and what is left out for want of more."""
    from sememe import measures, networks
    from sememe.commands.image_source import read_images
    from sememe.measures.bootstrap import LEAST_IMAGES

    image = rows if source.image is None else _image_of(source, rows)
    seen, image = np.unique(image, return_inverse=True)
    if len(seen) < LEAST_IMAGES:
        raise MeasureError(
            f"The items are of {len(seen)} images, but intervals need at least {LEAST_IMAGES}: measure more "
            "items, or on a store of more images."
        )
    resampling = measures.resample(len(seen), replicates=replicates, seed=seed)
    if images is None:
        if encoder is not None:
            raise MeasureError("An encoder embeds images: give them with --images.")
        return measures.evidence(resampling, image=image), []
    last = len(source) - 1 if source.image is None else int(np.asarray(source.image[-1:])[0])
    shown = _checked(read_images(images, *pictures), source, last)[seen]
    embeddings = {}
    if encoder is not None:
        embeddings["encoder"] = networks.embed(networks.load(encoder), shown)[image]
    labels, notes = shown.labels, []
    if labels is None or np.unique(labels).size < 2:
        why = "has no labels" if labels is None else "is of one class only"
        notes.append(f"{shown.name} {why}, so how selective units are for classes is left out")
        labels = None
    known = measures.evidence(
        resampling,
        image=image,
        labels=None if labels is None else labels[image],
        n_classes=None if labels is None else len(shown.label_names),
        embeddings=embeddings,
    )
    return known, notes


def _image_of(source: "ItemSource", rows: np.ndarray) -> np.ndarray:
    assert source.image is not None
    return np.asarray(source.image[:])[rows]


def _checked(images: "ImageSet", source: "ItemSource", last: int) -> "ImageSet":
    if source.store is not None and images.name != source.store.images:
        raise MeasureError(
            f"The store was harvested from {source.store.images}, but --images names {images.name}: give the "
            "images that `sememe harvest` was given."
        )
    if last + 1 != len(images):
        raise MeasureError(
            f"The store has items of {last + 1:,} images, but {images.name} holds {len(images):,}: give the "
            "images that `sememe harvest` was given, with the same rows in brackets."
        )
    return images


def _print(
    console: Console, measured: "MeasureTable", title: str, n_items: int, evidence: "Evidence"
) -> None:
    own = measured.select(at="own")
    sets = list(dict.fromkeys(row.unit_set for row in own))
    keys = list(dict.fromkeys(row.measure for row in own))
    cells = {(row.measure, row.unit_set): row for row in own}
    units = {row.unit_set: f"{row.units:,}" for row in own}
    caption = (
        "Mean over units; dead units count as 0, or as the worst where low is good. "
        "↑ higher is better, ↓ lower."
    )
    console.print(f"[bold]{title}: {n_items:,} items of {evidence.n_images:,} images")
    if len(sets) <= _BESIDE:
        drawn = _plain_table("measure", *sets)
        drawn.add_row("Units", *units.values())
        for key in keys:
            drawn.add_row(_title(key), *[_cell(cells.get((key, name))) for name in sets])
        console.print(drawn)
        console.print(caption + " [dim]In brackets: 95 % interval over images and units.", markup=True)
        return
    for start in range(0, len(keys), _A_TABLE):
        some = keys[start : start + _A_TABLE]
        drawn = _plain_table("", "Units", *map(_title, some))
        for number, name in enumerate(sets):
            values = [_cell(cells.get((key, name)), interval=False) for key in some]
            drawn.add_row(str(number), units[name], *values)
        console.print(drawn)
    for number, name in enumerate(sets):
        console.print(f"{number:3} {name}", highlight=False, markup=False)
    console.print(caption + " Intervals: --json.")


def _plain_table(first: str, *others: str) -> "Table":
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column(first, overflow="fold")
    for title in others:
        table.add_column(title, justify="right", overflow="fold")
    return table


def _title(key: str) -> str:
    """A measure's title and which way is better."""
    from sememe import measures

    name, bracket, variant = key.partition("[")
    record = measures.registry()[name]
    arrow = {True: " ↑", False: " ↓", None: ""}[record.higher_is_better]
    return f"{record.title}{' (' + variant.rstrip(']') + ')' if bracket else ''}{arrow}"


def _cell(row: Any, *, interval: bool = True) -> str:
    if row is None or not math.isfinite(row.value):
        return "-"
    digits = 3 if abs(row.value) < 1 else 1
    if not (interval and math.isfinite(row.low) and math.isfinite(row.high)):
        return f"{row.value:.{digits}f}"
    return f"{row.value:.{digits}f} [{row.low:.{digits}f}, {row.high:.{digits}f}]"
