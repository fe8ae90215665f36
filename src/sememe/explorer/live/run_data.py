"""A run, opened for reading: each part when it is first asked for, then kept while there is room.

Requests come from several threads; what one is opening, the others wait for.
"""

import dataclasses
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float32
from scipy import sparse

from sememe.errors import FormatError
from sememe.explorer.endpoint import NotThere
from sememe.explorer.live.dictionary import LiveDictionary, n_components_of, open_dictionary
from sememe.explorer.live.folder import ReadOnlyFolder
from sememe.explorer.live.forward import CannotRun, Forward, network_name, open_forward
from sememe.explorer.live.items import LayerItems, open_items
from sememe.explorer.live.kept import Kept
from sememe.explorer.live.network import LiveNetwork, open_network
from sememe.explorer.live.planned import PlannedSet, capitalised, planned_sets
from sememe.explorer.live.run_images import open_images
from sememe.explorer.live.sources import READS, Reader
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
        return open_images(self.folder, self.record["configuration"])

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
        folder = self.folder.path("network", name)
        found: LiveNetwork | None = self.kept.get(
            ("network", name), lambda: open_network(folder) if network_name(folder) else None
        )
        return found

    def forward(self, name: str) -> Forward:
        """A network that pages can pass images through, which may load torch.

        Raises:
            CannotRun: the run does not hold what it takes to build it.
        """
        live = self.network(name)
        if live is not None:
            return live
        found: Forward = self.kept.get(
            ("forward", name), lambda: open_forward(self.folder.path("network", name))
        )
        return found


@dataclass(frozen=True, eq=False)
class UnitSetData(PlannedSet):
    """A planned unit set that was fitted, with what it takes to look at it."""

    layer: "LayerData"

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
    def items(self) -> Float32[np.ndarray, "items inputs"]:
        """What it reads of every item."""
        if self.source == "layer":
            return self.layer.items.values
        found: Float32[np.ndarray, "items inputs"] = self.layer.run.kept.get(
            ("source", self.layer.key, self.source), lambda: self.layer.reader.read(self.source)
        )
        return found

    @property
    def elsewhere(self) -> str | None:
        """Why it has no place in the layer, as a sentence; None for what reads the layer."""
        if self.source == "layer":
            return None
        return f"{self.title} reads {READS[self.source]}: it has no place in the network to act from."

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
    def _fitted(self) -> tuple[UnitSetData, ...]:
        """Neurons first, all of them before sparser choices of them."""
        folder = self.run.folder
        return tuple(
            UnitSetData(**dataclasses.asdict(each), layer=self)
            for each in planned_sets(self._plan)
            if folder.path("dictionaries", self.key, each.key).is_dir()
        )

    @property
    def unit_sets(self) -> tuple[UnitSetData, ...]:
        """Those that were fitted on the layer's own items."""
        return tuple(each for each in self._fitted if each.source == "layer")

    @property
    def reader(self) -> Reader:
        """For items of other sources."""
        folder = self.run.folder.path("network", self.network)
        return Reader(folder, self.layer, self.run.images, self.items)

    @cached_property
    def other_sets(self) -> tuple[UnitSetData, ...]:
        """Controls that read something else than the layer, as far as that can be read again."""
        return tuple(
            each
            for each in self._fitted
            if each.source != "layer" and self.reader.why_not(each.source) is None
        )

    @cached_property
    def left_out(self) -> tuple[str, ...]:
        """Of every family that is not shown, why, in a sentence."""
        reasons = {
            each.family: self.reader.why_not(each.source) for each in self._fitted if each.source != "layer"
        }
        return tuple(
            f"{capitalised(family)} of {self.key} is not shown: {reason}."
            for family, reason in reasons.items()
            if reason is not None
        )

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
        every = (*self.unit_sets, *self.other_sets)
        for found in every:
            if found.key == key:
                return found
        names = ", ".join(found.key for found in every) or "none yet"
        raise NotThere(f"Layer {self.key} has no unit set {key[:80]!r}; it has {names}.")

    @property
    def items(self) -> LayerItems:
        """The items that scores are reported on."""
        found: LayerItems = self.run.kept.get(("items", self.key), self._open_items)
        return found

    def _open_items(self) -> LayerItems:
        found = open_items(self._store)
        if len(found) and not 0 <= found.image.min() <= found.image.max() < len(self.run.images):
            raise FormatError(
                f"{self._store} was harvested on other images than the run's {len(self.run.images):,}: "
                "harvest it again."
            )
        return found

    def forward(self) -> Forward:
        """The network, to see what the layer's units cause.

        Raises:
            CannotRun: it cannot be built, or the layer's items are no activations that it goes on with.
        """
        if self.items.pool is not None:
            raise CannotRun(
                f"Items of {self.key} are the {self.items.pool} over its map, which the network itself never "
                "sees: what a unit causes is not defined."
            )
        return self.run.forward(self.network)

    def codes(self, key: str) -> sparse.csc_array:
        """Codes of these items, ``(items, units)``, by column."""
        unit_set = self.unit_set(key)
        found: sparse.csc_array = self.run.kept.get(
            ("codes", self.key, key),
            lambda: sparse.csc_array(unit_set.dictionary.transform(unit_set.items)),
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
