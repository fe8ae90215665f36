"""What is in the file: which unit sets, and what their pages ask, asked of the server's own endpoints."""

import dataclasses
import json
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sememe.errors import RunError, SememeError
from sememe.explorer.endpoint import Endpoint, plain
from sememe.explorer.export.columns import EXACT, Rounding, pack
from sememe.explorer.export.kernels import dictionary_kernel
from sememe.explorer.live.run_data import LayerData, RunData, UnitSetData
from sememe.explorer.server import endpoints, run_endpoints
from sememe.explorer.views import heat, standing, thumbs
from sememe.explorer.views.common import LayerAddress, SetAddress, UnitAddress
from sememe.explorer.views.compare import SplitRequest
from sememe.progress import Progress, silent

# Asked once a unit, packed by column. Numbers keep 12 bits of fraction: four digits; a page shows three.
PER_UNIT = ("unit", "unit-scores", "unit-effects", "unit-relatives", "unit-concepts")
_SEEN = Rounding(bits=12, pictures=("picture",))
MOST_BYTES = 15_000_000
# A file's bytes for each of a block's: base64.
_TEXT = 4 / 3
_SMALL = 32  # pixels of the longer side of images that the page draws by itself


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


@dataclass
class Contents:
    """Blocks by name, each compressed; and what became of the unit sets."""

    blocks: dict[str, bytes] = field(default_factory=dict)
    sets: dict[str, list[UnitSetData]] = field(default_factory=dict)  # by layer
    left_out: list[str] = field(default_factory=list)  # a sentence each

    @property
    def size(self) -> int:
        """What the blocks take in the file."""
        return sum(math.ceil(_TEXT * len(block)) for block in self.blocks.values())

    def add(self, name: str, content: bytes) -> None:
        """One more block."""
        self.blocks[name] = zlib.compress(content, 9)

    def add_json(self, name: str, payload: object) -> None:
        """One more, as the server would send it."""
        self.add(name, json.dumps(plain(payload), allow_nan=False, separators=(",", ":")).encode())


def gather(run: RunData, request: Request, *, room: int = 0, progress: Progress = silent) -> Contents:
    """Ask everything that the file's pages will ask.

    Args:
        room: bytes of the file that are no blocks: its scripts and styles.

    Raises:
        RunError: nothing was fitted or measured yet, or a layer or unit set that was asked for is not there.
    """
    layers = _layers(run, request)
    contents = Contents()
    contents.add_json("measures", _ask("measures", run, run_endpoints.Nothing()))
    contents.add("images", _images_block(run))
    for name in dict.fromkeys(layer.network for layer in layers if _is_drawable(layer)):
        network = run.network(name)
        assert network is not None
        contents.add(f"network/{name}", pack({"weights": [dict(network.weights)]}))
    for layer in layers:
        contents.sets[layer.key] = []
        contents.add(f"layer/{layer.key}", _layer_block(run, layer))
        contents.add_json(f"compare/{layer.key}", _ask("compare", run, LayerAddress(layer.key)))
    chosen = list(_chosen(layers, request))
    total, done = sum(unit_set.n_units for unit_set, _ in chosen), 0
    for unit_set, is_optional in chosen:
        before = dict(contents.blocks)
        start, done = done, done + unit_set.n_units

        def said(i: int, unit_set: UnitSetData = unit_set, start: int = start) -> None:
            progress((start + i) / total, f"{unit_set.layer.key}, {unit_set.title}")

        why_not = _add_set(contents, run, unit_set, said)
        if why_not is None and is_optional and contents.size + room > request.most_bytes:
            why_not = "there is no room for it"
        if why_not is None:
            contents.sets[unit_set.layer.key].append(unit_set)
        else:
            contents.blocks = before
            contents.left_out.append(f"{unit_set.layer.key} {unit_set.key}: {why_not}")
    contents.add_json("run", _run_payload(run, contents))
    progress(1.0, "")
    return contents


def _layers(run: RunData, request: Request) -> list[LayerData]:
    wanted = [layer.key for layer in run.layers] if request.layers is None else list(request.layers)
    layers = [run.layer(key) for key in dict.fromkeys(wanted)]
    measured = [layer for layer in layers if layer.unit_sets and layer.measures is not None]
    if not measured:
        raise RunError(
            f"{run.folder.root} has no scores to export yet: "
            f"finish it with `sememe run --run {run.folder.root}`."
        )
    return measured


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
    ]
    for _, _, each in sorted(controls, key=lambda one: one[0]):
        yield each, True


def _add_set(
    contents: Contents, run: RunData, unit_set: UnitSetData, said: Callable[[int], None]
) -> str | None:
    """Everything about one unit set; the reason where it cannot be in the file."""
    layer, key = unit_set.layer, unit_set.key
    place = f"{layer.key}/{key}"
    if _is_drawable(layer) and unit_set.elsewhere is None:
        kernel = dictionary_kernel(unit_set)
        if kernel is None:
            return f"the page's kernel has no encoder for {unit_set.dictionary.name}"
        contents.add(f"kernel/{place}", pack({"dictionary": [kernel]}))
    address = SetAddress(layer.key, key)
    answers = {name: [_ask(name, run, address)] for name in ("units", "set-concepts")}
    contents.add(f"units/{place}", pack(answers, EXACT))
    rows: dict[str, list[Any]] = {name: [] for name in PER_UNIT}
    for unit in range(unit_set.n_units):
        said(unit)
        for name in PER_UNIT:
            rows[name].append(_ask(name, run, UnitAddress(layer.key, key, unit)))
    contents.add(f"look/{place}", _look_block(run, unit_set, rows["unit"]))
    # The pictures are there already, for thumbnails.
    bare = [
        dataclasses.replace(page, reads=dataclasses.replace(page.reads, picture=None))
        for page in rows["unit"]
    ]
    contents.add(f"unit/{place}", pack({**rows, "unit": bare}, _SEEN))
    if unit_set.kind != "neurons":
        neurons = layer.unit_set(layer.neurons or key).n_units
        splits = [_split(run, SplitRequest(layer.key, key, neuron)) for neuron in range(neurons)]
        contents.add(f"split/{place}", pack({"split": splits}, _SEEN))
    return None


def _look_block(run: RunData, unit_set: UnitSetData, pages: Sequence[Any]) -> bytes:
    """The units in small: what each reads, and which image fires it most, or pictures of these."""
    columns: dict[str, list[Any]] = {
        "picture": [page.reads.picture for page in pages],
        "top": [int(page.top.image[0]) if len(page.top.image) else None for page in pages],
    }
    if not _is_small(run):
        layer, sheets = unit_set.layer.key, range(math.ceil(unit_set.n_units / thumbs.UNITS))
        asked = [thumbs.ThumbsRequest(layer, unit_set.key, number, "top") for number in sheets]
        columns["sheet"] = [[_png("thumbs", run, request) for request in asked]]
    return pack(columns, _SEEN)


def _images_block(run: RunData) -> bytes:
    """The images themselves where they are small and grey, else the server's pictures of them."""
    columns: dict[str, list[Any]] = {"pixels": [None], "labels": [run.images.labels], "sheet": [None]}
    if _is_small(run):
        columns["pixels"] = [run.images.pixels]
    else:
        numbers = range(math.ceil(len(run.images) / thumbs.UNITS))
        columns["sheet"] = [[_png("sheet", run, run_endpoints.WhichSheet(number)) for number in numbers]]
    return pack(columns)


def _png(name: str, run: RunData, parameters: object) -> np.ndarray:
    return np.frombuffer(_ask(name, run, parameters).content, np.uint8)


def _is_small(run: RunData) -> bool:
    pixels = run.images.pixels
    return pixels.ndim == 3 and max(pixels.shape[1:]) <= _SMALL


def _is_drawable(layer: LayerData) -> bool:
    """Whether the page's kernel runs the network, and from this layer on."""
    network = layer.run.network(layer.network)
    return (
        network is not None and layer.layer in network.layer_names and layer.layer not in ("pool", "logits")
    )


def _split(run: RunData, request: SplitRequest) -> object:
    """A neuron's shares, or the sentence in which the server says that it has none."""
    try:
        return _ask("split", run, request)
    except SememeError as error:
        return {"refused": str(error)}


def _layer_block(run: RunData, layer: LayerData) -> bytes:
    """What the kernel needs to know of a layer: its mean, and which image and position each item is."""
    items = layer.items
    shown = layer.unit_set(layer.neurons or layer.shown)
    # Heat is computed in the page, over the part of the image that this says.
    seen = (
        _ask("unit-heat", run, heat.HeatRequest(layer.key, shown.key, 0, "0"))
        if _is_drawable(layer)
        else None
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
        if layer.key in contents.sets:
            kept = {each.key for each in contents.sets[layer.key]}
            sets = tuple(each for each in layer.unit_sets if each.key in kept)
            shown = layer.shown if layer.shown in kept else sets[0].key
            can_draw = layer.drawable and _is_drawable(run.layer(layer.key))
            layers.append(dataclasses.replace(layer, unit_sets=sets, shown=shown, drawable=can_draw))
    drawable = any(layer.drawable for layer in layers)
    return dataclasses.replace(whole, layers=tuple(layers), has_report=False, drawable=drawable)


_BY_NAME: dict[str, Endpoint] = {endpoint.name: endpoint for endpoint in endpoints.ENDPOINTS}


def _ask(name: str, run: RunData, parameters: object) -> Any:
    return _BY_NAME[name].answer(run, parameters)
