"""What every page needs: what the run holds, what its measures mean, its images, its units in small."""

import io
from dataclasses import dataclass

from PIL import Image

from sememe.explorer.endpoint import Endpoint, File, NotThere
from sememe.explorer.live.run_data import LayerData, RunData
from sememe.explorer.live.run_images import said
from sememe.explorer.mathml import mathml
from sememe.explorer.pictures import is_ink, small
from sememe.explorer.score import Kind, MeasureNote
from sememe.measures import registry

# Images of one row of a sheet; a sheet has as many rows.
ACROSS = 16


@dataclass(frozen=True)
class Nothing:
    """No parameters."""


@dataclass(frozen=True)
class UnitSetPayload:
    """A unit set, for lists to choose from."""

    key: str
    title: str
    family: str
    kind: Kind
    parameter: str
    value: float
    n_units: int
    source: str  # what it reads: "layer"; of controls also "untrained" (the layer before training), "pixels"


@dataclass(frozen=True)
class LayerPayload:
    """A layer, for lists to choose from."""

    key: str
    network: str
    layer: str
    title: str
    n_neurons: int
    grid: tuple[int, int] | None
    shown: str
    neurons: str | None
    drawable: bool  # whether a drawing can be passed through it live
    unit_sets: tuple[UnitSetPayload, ...]
    left_out: tuple[str, ...]  # a sentence on each family that was fitted and is not shown


@dataclass(frozen=True)
class RunPayload:
    """What the page knows of a run before anything is looked at."""

    name: str
    command: str
    seed: int
    quick: bool
    finished: bool
    label_names: tuple[str, ...]
    n_images: int
    image_shape: tuple[int, ...]  # of one image: (28, 28), or (channels, height, width)
    images_title: str
    ink: bool  # light ink on black, which a light page may turn over
    drawable: bool
    has_report: bool
    layers: tuple[LayerPayload, ...]


def run_payload(run: RunData, nothing: Nothing) -> RunPayload:
    """The run in short, as far as it has come: whoever opens the page sees the latest."""
    run.refresh()
    layers = tuple(_layer(run, layer) for layer in run.layers)
    plan = run.record["configuration"]
    return RunPayload(
        name=run.name,
        command=run.command,
        seed=int(plan.get("seed", 0)),
        quick=bool(plan.get("quick", False)),
        finished=run.is_finished,
        label_names=run.images.label_names,
        n_images=len(run.images),
        image_shape=run.images.pixels.shape[1:],
        images_title=said(run.folder, run.images),
        ink=is_ink(run.images.pixels),
        drawable=any(layer.drawable for layer in layers),
        has_report=run.folder.path("report.html").is_file(),
        layers=layers,
    )


def _layer(run: RunData, layer: LayerData) -> LayerPayload:
    network = run.network(layer.network)
    return LayerPayload(
        key=layer.key,
        network=layer.network,
        layer=layer.layer,
        title=layer.title,
        n_neurons=layer.n_neurons,
        grid=layer.items.grid,
        shown=layer.shown,
        neurons=layer.neurons,
        drawable=network is not None and layer.layer in network.layer_names and bool(layer.unit_sets),
        unit_sets=tuple(
            UnitSetPayload(
                each.key,
                each.title,
                each.family,
                each.kind,
                each.parameter,
                each.value,
                each.n_units,
                each.source,
            )
            for each in (*layer.unit_sets, *layer.other_sets)
        ),
        left_out=layer.left_out,
    )


@dataclass(frozen=True)
class MeasurePayload:
    """How a measure introduces itself, in the words of its record."""

    name: str
    title: str
    meaning: str
    mathml: str
    range: tuple[float, float]
    higher_is_better: bool | None
    source: str
    command: str
    family: str  # its family's title: "Selectivity for labels"


def measure_payloads(run: RunData, nothing: Nothing) -> list[MeasurePayload]:
    """Every measure's note."""
    notes = [MeasureNote.of(record, run.command) for record in registry().values()]
    return [
        MeasurePayload(
            note.name,
            note.title,
            note.meaning,
            str(mathml(note.formula)),
            note.range,
            note.higher_is_better,
            note.source,
            note.command,
            note.family,
        )
        for note in notes
    ]


@dataclass(frozen=True)
class WhichSheet:
    """One sheet of images."""

    number: int


def image_sheet(run: RunData, which: WhichSheet) -> File:
    """Images ``256 * number`` and on as one picture: 16 rows of 16, each as it is, or shrunk to 64 pixels."""
    n_images = len(run.images)
    first = which.number * ACROSS * ACROSS
    if not 0 <= first < n_images:
        raise NotThere(f"There is no sheet {which.number} of the {n_images:,} images, 256 a sheet.")
    tiles = [small(image) for image in run.images.pixels[first : first + ACROSS * ACROSS]]
    width, height = tiles[0].size
    sheet = Image.new(tiles[0].mode, (ACROSS * width, ACROSS * height))
    for i, tile in enumerate(tiles):
        row, column = divmod(i, ACROSS)
        sheet.paste(tile, (column * width, row * height))
    stream = io.BytesIO()
    sheet.save(stream, "PNG", compress_level=3)
    return File(stream.getvalue(), "image/png")


ENDPOINTS = (
    Endpoint("run", run_payload, Nothing),
    Endpoint("measures", measure_payloads, Nothing),
    Endpoint("sheet", image_sheet, WhichSheet),
)
