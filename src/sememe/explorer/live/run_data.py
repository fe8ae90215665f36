"""A run, opened for reading: each part when it is first asked for, then kept while there is room.

Requests come from several threads; what one is opening, the others wait for.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32
from scipy import sparse

from sememe import images
from sememe.errors import FormatError
from sememe.explorer.endpoint import NotThere
from sememe.explorer.live.dictionary import LiveDictionary, n_components_of, open_dictionary
from sememe.explorer.live.folder import ReadOnlyFolder
from sememe.explorer.live.items import LayerItems, open_items
from sememe.explorer.live.kept import Kept
from sememe.explorer.live.network import LiveNetwork, open_network
from sememe.explorer.score import Kind
from sememe.images import ImageSet
from sememe.measures import MeasureTable

# Bytes of codes, items and dictionaries that are kept.
_KEPT_BYTES = 40 * 2**20


class RunData:
    """A run on disk, as far as it has come; nothing is ever written to it.

    Attributes:
        folder: where it is.
        record: the content of ``run.json``.
        layers: those that were harvested.
    """

    def __init__(self, path: Path | str, *, keep: int = _KEPT_BYTES) -> None:
        """Open a folder; what was read or computed is kept up to so many bytes."""
        self.folder = ReadOnlyFolder(path)
        self.kept = Kept(keep, _size)
        self._read()

    @property
    def is_finished(self) -> bool:
        """Whether the run has come to its end."""
        return self.record.get("status") == "finished"

    def refresh(self) -> None:
        """Look again at how far a run has come that was not finished when it was last looked at."""
        if not self.is_finished:
            self._read()

    def _read(self) -> None:
        self.record = self.folder.record()
        plan = self.record["configuration"]
        try:
            layers = [LayerData(self, given) for given in plan["layers"]]
            self._n_images = int(plan["report_images"])
        except (KeyError, TypeError, ValueError) as error:
            raise FormatError(
                f"{self.folder.root / 'run.json'} does not describe a run ({error!r}): make the run again."
            ) from None
        self.layers = tuple(layer for layer in layers if layer.is_harvested)

    @property
    def name(self) -> str:
        """Name of the run's folder."""
        return self.folder.root.name

    @property
    def command(self) -> str:
        """The command that makes the run again."""
        return str(self.record.get("command", ""))

    @cached_property
    def images(self) -> ImageSet:
        """The images that scores are reported on; items point to their rows."""
        return images.mnist("test")[-self._n_images :]

    def layer(self, key: str) -> "LayerData":
        """A layer by its key, ``"digit_cnn.fc1"``.

        Raises:
            NotThere: the run has no such layer, or has not come to it.
        """
        for layer in self.layers:
            if layer.key == key:
                return layer
        names = ", ".join(layer.key for layer in self.layers) or "none yet"
        raise NotThere(f"This run has no layer {key[:80]!r}; it has {names}.")

    def network(self, name: str) -> LiveNetwork | None:
        """A network that runs live; None for one that NumPy does not know."""
        found: LiveNetwork | None = self.kept.get(
            ("network", name), lambda: open_network(self.folder.path("network", name))
        )
        return found


@dataclass(frozen=True, eq=False)
class UnitSetData:
    """The neurons of a layer, or the components of one dictionary on it."""

    layer: "LayerData"
    key: str  # name of its folder, and in tables of units: "TopKSAE-k8"
    title: str  # what people read: "TopK SAE, k = 8"
    family: str  # the line of its sweep, and in tables of scores: "TopK SAE"
    kind: Kind
    parameter: str  # what was swept
    value: float

    @property
    def dictionary(self) -> LiveDictionary:
        """What encodes and decodes; of all neurons, the neurons themselves."""
        run, layer = self.layer.run, self.layer
        path = run.folder.path("dictionaries", layer.key, self.key)
        found: LiveDictionary = run.kept.get(
            ("dictionary", layer.key, self.key), lambda: open_dictionary(path)
        )
        return found

    @property
    def n_units(self) -> int:
        """How many units it has; said without opening it."""
        run, layer = self.layer.run, self.layer
        path = run.folder.path("dictionaries", layer.key, self.key)
        count: int = run.kept.get(("n_components", layer.key, self.key), lambda: n_components_of(path))
        return count

    @property
    def components(self) -> Float32[np.ndarray, "units neurons"]:
        """Its atoms."""
        return self.dictionary.components_


class LayerData:
    """One layer: its items, its unit sets, their codes and scores."""

    def __init__(self, run: RunData, plan: dict[str, Any]) -> None:
        self.run = run
        self.network, self.layer = str(plan["network"]), str(plan["layer"])
        self.key = f"{self.network}.{self.layer}"
        self.title, self.n_neurons = str(plan["title"]), int(plan["n_neurons"])
        self._plan = plan

    @property
    def is_harvested(self) -> bool:
        """Whether its activations are there."""
        return self._store.is_dir()

    @property
    def _store(self) -> Path:
        return self.run.folder.path("activations", self.key, "report")

    @cached_property
    def unit_sets(self) -> tuple[UnitSetData, ...]:
        """Those that were fitted: neurons first, all of them before sparser choices of them."""
        found = itertools.chain.from_iterable(self._sweep(sweep) for sweep in self._plan["sweeps"])
        fitted = [each for each in found if self.run.folder.path("dictionaries", self.key, each.key).is_dir()]
        order = {"neurons": 0, "features": 1, "control": 2}
        return tuple(
            sorted(fitted, key=lambda each: (order[each.kind], -each.value if each.kind == "neurons" else 0))
        )

    def _sweep(self, sweep: dict[str, Any]) -> list[UnitSetData]:
        if sweep.get("source", "layer") != "layer":
            return []  # a control that reads something else has no codes of this layer's items
        found = []
        for value in sweep["values"]:
            number = f"{value:g}"
            key = f"{sweep.get('name') or sweep['dictionary']}-{sweep['parameter']}{number}"
            title = f"{_capitalised(sweep['title'])}, {sweep['parameter'].replace('_', ' ')} = {number}"
            if sweep["kind"] == "neurons":
                title = "Neurons" if value >= self.n_neurons else f"Neurons, the {number} largest"
            found.append(
                UnitSetData(self, key, title, sweep["title"], sweep["kind"], sweep["parameter"], float(value))
            )
        return found

    @property
    def shown(self) -> str:
        """The unit set that is shown first beside the neurons."""
        keys = [each.key for each in self.unit_sets]
        planned = str(self._plan["shown"])
        return planned if planned in keys or not keys else keys[-1]

    @property
    def neurons(self) -> str | None:
        """The unit set of all neurons; None while nothing is fitted."""
        return next((each.key for each in self.unit_sets if each.kind == "neurons"), None)

    def unit_set(self, key: str) -> UnitSetData:
        """A unit set by its key.

        Raises:
            NotThere: the layer has no such set, or the run has not come to it.
        """
        for found in self.unit_sets:
            if found.key == key:
                return found
        names = ", ".join(found.key for found in self.unit_sets) or "none yet"
        raise NotThere(f"Layer {self.key} has no unit set {key[:80]!r}; it has {names}.")

    @property
    def items(self) -> LayerItems:
        """The items that scores are reported on."""
        found: LayerItems = self.run.kept.get(("items", self.key), lambda: open_items(self._store))
        return found

    def codes(self, key: str) -> sparse.csc_array:
        """Codes of these items, ``(items, units)``, by column."""
        unit_set = self.unit_set(key)
        found: sparse.csc_array = self.run.kept.get(
            ("codes", self.key, key),
            lambda: sparse.csc_array(unit_set.dictionary.transform(self.items.values)),
        )
        return found

    @cached_property
    def measures(self) -> MeasureTable | None:
        """Scores of the unit sets with intervals; None while they are not measured."""
        path = self.run.folder.path("measures", f"{self.key}.json")
        return MeasureTable.from_dict(self.run.folder.json("measures", path.name)) if path.exists() else None

    @cached_property
    def units(self) -> pa.Table | None:
        """Scores of every unit; None while they are not measured."""
        path = self.run.folder.path("measures", f"{self.key}.units.parquet")
        if not path.exists():
            return None
        try:
            return pq.read_table(path, memory_map=False)
        except (OSError, pa.ArrowException) as error:
            raise FormatError(f"{path} is not a table of units ({error}): measure again.") from None


def _capitalised(title: str) -> str:
    return title[:1].upper() + title[1:]


def _size(value: Any) -> int:
    """Bytes of what is kept."""
    if isinstance(value, LayerItems):
        return int(value.values.nbytes)
    if isinstance(value, sparse.csc_array):
        return int(value.data.nbytes + value.indices.nbytes)
    if isinstance(value, LiveDictionary):
        return 3 * int(value.components_.nbytes)
    if isinstance(value, np.ndarray):
        return int(value.nbytes)
    if isinstance(value, tuple):
        return sum(_size(each) for each in value)
    if isinstance(value, LiveNetwork):
        return sum(int(array.nbytes) for array in value.weights.values())
    return 0
