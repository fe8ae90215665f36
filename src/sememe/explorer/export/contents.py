"""What is in the file: which unit sets, and what their pages ask, asked of the server's own endpoints."""

import contextlib
import dataclasses
import json
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sememe.errors import RunError
from sememe.explorer.endpoint import plain
from sememe.explorer.export.answers import ask, ask_picture, is_drawable, is_small
from sememe.explorer.export.columns import pack
from sememe.explorer.export.set_blocks import blocks_of
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.explorer.server import run_endpoints
from sememe.explorer.views import heat, standing, thumbs
from sememe.explorer.views.common import LayerAddress
from sememe.progress import Progress, silent

MOST_BYTES = 15_000_000
# A file's bytes for each of a block's: base64.
_TEXT = 4 / 3
# Controls that the shown set is held against: those of these many families that are fitted most alike.
_CONTROLS = 3


@dataclass(frozen=True)
class Request:
    """What to put into the file.

    Attributes:
        layers: keys of layers; None: all.
        units: keys of unit sets, beside the neurons and the set that each layer shows first; None: the
            controls that these are held against, as far as there is room.
        most_bytes: the size that controls of the default choice are left out for.
    """

    layers: tuple[str, ...] | None = None
    units: tuple[str, ...] | None = None
    most_bytes: int = MOST_BYTES


def _size(blocks: Mapping[str, bytes]) -> int:
    return sum(math.ceil(_TEXT * len(block)) for block in blocks.values())


@dataclass
class Contents:
    """Blocks by name, each compressed; and what became of the unit sets."""

    blocks: dict[str, bytes] = field(default_factory=dict)
    sets: dict[str, list[UnitSetData]] = field(default_factory=dict)  # by layer
    left_out: list[str] = field(default_factory=list)  # a sentence each

    @property
    def size(self) -> int:
        """What the blocks take in the file."""
        return _size(self.blocks)

    def add(self, name: str, content: bytes) -> None:
        """One more block."""
        self.blocks[name] = zlib.compress(content, 9)

    def take(self, unit_set: UnitSetData, found: Mapping[str, bytes] | str, most: int | None) -> None:
        """One more unit set, unless there is a reason against it; ``most``: what all may take then."""
        if isinstance(found, Mapping) and most is not None and self.size + _size(found) > most:
            found = "there is no room for it"
        if isinstance(found, str):
            self.left_out.append(f"{unit_set.layer.key} {unit_set.key}: {found}")
        else:
            self.sets[unit_set.layer.key].append(unit_set)
            self.blocks.update(found)

    def add_json(self, name: str, payload: object) -> None:
        """One more, as the server would send it."""
        self.add(name, json.dumps(plain(payload), allow_nan=False, separators=(",", ":")).encode())


def gather(
    run: RunData, request: Request, *, room: int = 0, workers: int = 1, progress: Progress = silent
) -> Contents:
    """Ask everything that the file's pages will ask.

    Args:
        room: bytes of the file that are no blocks: its scripts and styles.
        workers: processes that ask; 1: this one.

    Raises:
        RunError: nothing was fitted or measured yet, or a layer or unit set that was asked for is not there.
    """
    layers = _layers(run, request)
    chosen = list(_chosen(layers, request))
    contents = Contents()
    contents.add_json("measures", ask("measures", run, run_endpoints.Nothing()))
    contents.add("images", _images_block(run))
    for name in dict.fromkeys(layer.network for layer in layers if is_drawable(layer)):
        network = run.network(name)
        assert network is not None
        contents.add(f"network/{name}", pack({"weights": [dict(network.weights)]}))
    for layer in layers:
        contents.sets[layer.key] = []
        contents.add(f"layer/{layer.key}", _layer_block(run, layer))
        contents.add_json(f"compare/{layer.key}", ask("compare", run, LayerAddress(layer.key)))
    total, done = sum(unit_set.n_units for unit_set, _ in chosen), 0
    with contextlib.closing(blocks_of(run, [unit_set for unit_set, _ in chosen], workers)) as answers:
        for (unit_set, is_optional), found in zip(chosen, answers, strict=True):
            contents.take(unit_set, found, request.most_bytes - room if is_optional else None)
            done += unit_set.n_units
            progress(done / total, f"{unit_set.layer.key}, {unit_set.title}")
    if not any(contents.sets.values()):
        raise RunError(f"Nothing can be exported of {run.folder.root}: {'; '.join(contents.left_out)}.")
    contents.add_json("run", _run_payload(run, contents))
    return contents


def _layers(run: RunData, request: Request) -> list[LayerData]:
    wanted = [layer.key for layer in run.layers] if request.layers is None else list(request.layers)
    layers = [run.layer(key) for key in dict.fromkeys(wanted)]
    fitted = [layer for layer in layers if layer.unit_sets]
    if all(layer.measures is None for layer in fitted):
        raise RunError(
            f"{run.folder.root} has no scores to export yet: "
            f"finish it with `sememe run --run {run.folder.root}`."
        )
    return fitted


def _chosen(layers: Sequence[LayerData], request: Request) -> Iterator[tuple[UnitSetData, bool]]:
    """Unit sets, most wanted first, and whether each may be left out for want of room."""
    first = {layer.key: dict.fromkeys([layer.neurons or layer.shown, layer.shown]) for layer in layers}
    for layer in layers:
        for key in first[layer.key]:
            yield layer.unit_set(key), False
    if request.units is not None:
        known = {each.key for layer in layers for each in layer.unit_sets}
        strange = next((key for key in request.units if key not in known), None)
        if strange is not None:
            raise RunError(
                f"No layer here has a unit set {strange[:80]!r}; there are {', '.join(sorted(known))}."
            )
        for layer in layers:
            for each in layer.unit_sets:
                if each.key in request.units and each.key not in first[layer.key]:
                    yield each, False
        return
    controls = [
        (rank, layer, each)
        for layer in layers
        for rank, each in enumerate(
            each for each in standing.yardsticks(layer, layer.shown) if each.key not in first[layer.key]
        )
        if rank < _CONTROLS
    ]
    for _, _, each in sorted(controls, key=lambda one: one[0]):
        yield each, True


def _images_block(run: RunData) -> bytes:
    """The images themselves where they are small and grey, else the server's pictures of them."""
    columns: dict[str, list[Any]] = {"pixels": [None], "labels": [run.images.labels], "sheet": [None]}
    if is_small(run):
        columns["pixels"] = [run.images.pixels]
    else:
        numbers = range(math.ceil(len(run.images) / thumbs.UNITS))
        columns["sheet"] = [
            [ask_picture("sheet", run, run_endpoints.WhichSheet(number)) for number in numbers]
        ]
    return pack(columns)


def _layer_block(run: RunData, layer: LayerData) -> bytes:
    """What the kernel needs to know of a layer: its mean, and which image and position each item is."""
    items = layer.items
    shown = layer.unit_set(layer.neurons or layer.shown)
    # Heat is computed in the page, over the part of the image that this says.
    seen = (
        ask("unit-heat", run, heat.HeatRequest(layer.key, shown.key, 0, "0")) if is_drawable(layer) else None
    )
    boxes = items.receptive_field
    columns: dict[str, list[Any]] = {
        "mean": [items.mean.astype(np.float32)],
        "image": [items.image.astype(np.int32)],
        "position": [None if items.position is None else items.position.astype(np.int32)],
        "map": [None if seen is None else seen.box],
        # Of each row and each column of the map, what it sees.
        "boxes": [None if boxes is None else {"rows": boxes.rows, "columns": boxes.columns}],
    }
    return pack(columns)


def _run_payload(run: RunData, contents: Contents) -> run_endpoints.RunPayload:
    """The run as the file has it: without the layers and sets that it leaves out."""
    whole = run_endpoints.run_payload(run, run_endpoints.Nothing())
    layers = []
    for layer in whole.layers:
        if contents.sets.get(layer.key):
            kept = {each.key for each in contents.sets[layer.key]}
            sets = tuple(each for each in layer.unit_sets if each.key in kept)
            shown = layer.shown if layer.shown in kept else sets[-1].key
            can_draw = layer.drawable and is_drawable(run.layer(layer.key))
            layers.append(dataclasses.replace(layer, unit_sets=sets, shown=shown, drawable=can_draw))
    drawable = any(layer.drawable for layer in layers)
    return dataclasses.replace(whole, layers=tuple(layers), has_report=False, drawable=drawable)
