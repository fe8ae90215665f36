"""One unit set as blocks: its dictionary for the kernel, its table, and each unit's page.

A set takes up to a minute, since every unit is ablated and turned up on hundreds of images; sets are
therefore asked for in several processes.
"""

import dataclasses
import math
import multiprocessing
import os
import zlib
from collections.abc import Generator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from sememe.errors import RunError, SememeError
from sememe.explorer.export.answers import ask, ask_picture, is_drawable, is_small
from sememe.explorer.export.columns import Rounding, pack
from sememe.explorer.export.kernels import dictionary_kernel
from sememe.explorer.live.run_data import RunData, UnitSetData
from sememe.explorer.views import thumbs
from sememe.explorer.views.common import SetAddress, UnitAddress
from sememe.explorer.views.split import SplitRequest

# Asked once a unit, packed by column. Numbers keep 12 bits of fraction: four digits; a page shows three.
PER_UNIT = ("unit", "unit-scores", "unit-effects", "unit-relatives", "unit-concepts")
_SEEN = Rounding(bits=12, pictures=("picture",))
# What was read and encoded is kept while the units of a set are asked for, and by its neighbours.
KEPT_BYTES = 400 * 2**20

Blocks = dict[str, bytes]


def blocks_of(
    run: RunData, unit_sets: Sequence[UnitSetData], workers: int = 1
) -> Generator[Blocks | str, None, None]:
    """What :func:`set_blocks` gives of each set, in their order.

    Raises:
        RunError: a process was ended from outside, as when memory runs out.
    """
    if workers <= 1:
        for unit_set in unit_sets:
            yield set_blocks(run, unit_set)
        return
    names = [(unit_set.layer.key, unit_set.key) for unit_set in unit_sets]
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _open, (run.folder.root,))
    try:
        for future in [pool.submit(_in_a_process, *name) for name in names]:
            yield future.result()
    except BrokenProcessPool:
        raise RunError(
            "A process of the export ended early, perhaps for want of memory: try again."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


_opened: RunData | None = None  # in a process of the pool: the run that it asks


def _open(root: Path) -> None:
    global _opened
    # Small matrices on many threads wait for each other longer than they compute; OpenMP reads this once.
    os.environ["OMP_NUM_THREADS"] = "1"
    _opened = RunData(root, keep=KEPT_BYTES)


def _in_a_process(layer: str, unit_set: str) -> Blocks | str:
    assert _opened is not None
    with threadpool_limits(1):
        return set_blocks(_opened, _opened.layer(layer).unit_set(unit_set))


def set_blocks(run: RunData, unit_set: UnitSetData) -> Blocks | str:
    """Everything about one unit set, compressed; or the reason why it cannot be in the file."""
    layer, key = unit_set.layer, unit_set.key
    place = f"{layer.key}/{key}"
    found: Blocks = {}
    if is_drawable(layer) and unit_set.elsewhere is None:
        kernel = dictionary_kernel(unit_set)
        if kernel is None:
            return f"the page's kernel has no encoder for {unit_set.dictionary.name}"
        found[f"kernel/{place}"] = pack({"dictionary": [kernel]})
    address = SetAddress(layer.key, key)
    found[f"units/{place}"] = pack({name: [ask(name, run, address)] for name in ("units", "set-concepts")})
    addresses = [UnitAddress(layer.key, key, unit) for unit in range(unit_set.n_units)]
    rows = {name: [ask(name, run, address) for address in addresses] for name in PER_UNIT}
    found[f"look/{place}"] = _look(run, unit_set, rows["unit"])
    # The pictures are there already, for thumbnails.
    bare = [
        dataclasses.replace(page, reads=dataclasses.replace(page.reads, picture=None))
        for page in rows["unit"]
    ]
    found[f"unit/{place}"] = pack({**rows, "unit": bare}, _SEEN)
    if unit_set.kind != "neurons":
        neurons = layer.unit_set(layer.neurons or key).n_units
        splits = [_split(run, SplitRequest(layer.key, key, neuron)) for neuron in range(neurons)]
        found[f"split/{place}"] = pack({"split": splits}, _SEEN)
    return {name: zlib.compress(content, 9) for name, content in found.items()}


def _look(run: RunData, unit_set: UnitSetData, pages: Sequence[Any]) -> bytes:
    """The units in small: what each reads, and which image fires it most, or pictures of these."""
    columns: dict[str, list[Any]] = {
        "picture": [page.reads.picture for page in pages],
        "top": [int(page.top.image[0]) if len(page.top.image) else None for page in pages],
    }
    if not is_small(run):
        layer, sheets = unit_set.layer.key, range(math.ceil(unit_set.n_units / thumbs.UNITS))
        asked = [thumbs.ThumbsRequest(layer, unit_set.key, number, "top") for number in sheets]
        columns["sheet"] = [[ask_picture("thumbs", run, request) for request in asked]]
    return pack(columns, _SEEN)


def _split(run: RunData, request: SplitRequest) -> object:
    """A neuron's shares, or the sentence in which the server says that it has none."""
    try:
        return ask("split", run, request)
    except SememeError as error:
        return {"refused": str(error)}
