"""Stages that fit: every dictionary of a layer, one folder a point of each sweep."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sememe import dictionaries, networks
from sememe.images import ImageSet
from sememe.judging import Source, read_items
from sememe.progress import Progress, part
from sememe.recipes.configuration import LayerPlan, NetworkPlan, RunConfiguration, Sweep
from sememe.runs.folder import RunFolder
from sememe.runs.harvest import split_images
from sememe.runs.parts import load_activations, load_dictionary, load_network
from sememe.runs.stage import Stage
from sememe.runs.train import second_name

# What fitting one point takes on two cores, in seconds; what is not named takes next to nothing.
_SECONDS = {"TopKSAE": 1.5, "L1SAE": 1.5, "FrozenDecoderSAE": 1.5, "FastICA": 0.5, "KMeans": 0.5}
# Their fit does not look at k.
_K_LATER = ("Neurons", "RotatedNeurons", "RandomDictionary", "StoredActivations", "PCA", "FastICA")
# Images whose activations are read again where they are not on disk: the untrained network's, and the pixels.
_READ_AGAIN = 20_000


@dataclass(frozen=True)
class _Point:
    """One dictionary to fit, and where it is kept."""

    sweep: Sweep
    value: float
    place: Path
    network: str
    """The folder's name of the network that it is fitted on."""
    seed_step: int = 0
    """Added to its seed: 1 for a twin."""


def fit_stages(configuration: RunConfiguration, folder: RunFolder, device: str) -> list[Stage]:
    """One stage a layer."""
    return [_stage(configuration, folder, device, layer) for layer in configuration.layers]


def _stage(configuration: RunConfiguration, folder: RunFolder, device: str, layer: LayerPlan) -> Stage:
    plan = next(plan for plan in configuration.networks if plan.name == layer.network)
    points = list(_points(folder, layer, plan))

    def work(progress: Progress) -> str:
        items = _Items(configuration, folder, device, layer, plan)
        for number, point in enumerate(points):
            if point.place.exists():
                continue
            step = part(progress, number / len(points), (number + 1) / len(points))
            step(0.0, f"{point.sweep.title}, {point.sweep.parameter} = {point.value:g}")
            alike = _fitted_alike(points[:number], point)
            if alike is not None:
                # k says how many atoms code an item and not what the atoms are: they are fitted once.
                dictionary = load_dictionary(alike.place).set_params(
                    sparse_output=False, **_parameters(point)
                )
            else:
                dictionary = _dictionary(point, device).fit(items.of(point))
            dictionaries.save(dictionary, point.place)
        own = sum(len(sweep.values) for sweep in layer.sweeps)
        return f"{own} unit sets of {len(layer.sweeps)} kinds, and {len(points) - own} of other seeds"

    return Stage(
        name=f"fit {layer.network}.{layer.layer}",
        title=f"fit dictionaries and controls on {layer.layer}",
        outputs=tuple(point.place for point in points),
        work=work,
        seconds=sum(_SECONDS.get(point.sweep.dictionary, 0.05) for point in points),
    )


def _points(folder: RunFolder, layer: LayerPlan, plan: NetworkPlan) -> Iterator[_Point]:
    """Source by source, so that the items of one at a time are held."""
    sources: tuple[Source, ...] = ("layer", "untrained", "pixels")
    for sweep in sorted(layer.sweeps, key=lambda sweep: sources.index(sweep.source)):
        for value in sweep.values:
            place = folder.dictionary(plan.name, layer.layer, sweep.point_name(value))
            yield _Point(sweep, value, place, plan.name)
        for value in twin_values(sweep):
            place = folder.twin(plan.name, layer.layer, sweep.point_name(value))
            yield _Point(sweep, value, place, plan.name, 1)
    second = second_name(plan.name)
    for sweep in layer.sweeps:
        for value in sweep.twins if plan.second_seed is not None else ():
            place = folder.dictionary(second, layer.layer, sweep.point_name(value))
            yield _Point(sweep, value, place, second)


def twin_values(sweep: Sweep) -> tuple[float, ...]:
    """The points that are fitted with another seed: none where no seed is drawn on."""
    return sweep.twins if "random_state" in dict(sweep.fixed) else ()


class _Items:
    """The items that points are fitted on; those of one source and network at a time."""

    def __init__(
        self,
        configuration: RunConfiguration,
        folder: RunFolder,
        device: str,
        layer: LayerPlan,
        plan: NetworkPlan,
    ) -> None:
        self._configuration, self._folder, self._device = configuration, folder, device
        self._layer, self._plan = layer, plan
        self._held: tuple[tuple[str, str], np.ndarray] | None = None

    def of(self, point: _Point) -> np.ndarray:
        which = (point.network, point.sweep.source)
        if self._held is None or self._held[0] != which:
            self._held = None
            self._held = (which, self._read(*which))
        values, most = self._held[1], point.sweep.items
        if most is None or most >= len(values):
            return values
        rng = np.random.default_rng([self._configuration.seed, 21])
        return values[np.sort(rng.permutation(len(values))[:most])]

    def _read(self, network: str, source: Source) -> np.ndarray:
        if network == self._plan.name and source == "layer":
            return load_activations(self._folder.activations(network, self._layer.layer, "fit"))[1]
        fit: ImageSet = split_images(self._configuration, "fit")
        return read_items(
            source,
            load_network(self._folder.network(network)),
            fit[:_READ_AGAIN],
            self._layer.layer,
            untrained=networks.registry()[self._plan.name](seed=self._plan.seed),
            positions_per_image=self._plan.positions_per_image,
            seed=self._configuration.seed,
            device=self._device,
        )[0]


def _fitted_alike(before: Sequence[_Point], point: _Point) -> _Point | None:
    """A point of the same sweep, network and seed that is fitted to the same atoms."""
    if point.sweep.dictionary not in _K_LATER:
        return None
    for other in before:
        same = (other.sweep, other.network, other.seed_step) == (point.sweep, point.network, point.seed_step)
        if same and other.place.exists():
            return other
    return None


def _parameters(point: _Point) -> dict[str, Any]:
    parameters = point.sweep.parameters(point.value)
    if point.seed_step:
        parameters["random_state"] += point.seed_step
    for name in ("n_components", "k"):
        if name in parameters:
            parameters[name] = int(parameters[name])
    return parameters


def _dictionary(point: _Point, device: str) -> dictionaries.Dictionary:
    kind = dictionaries.registry()[point.sweep.dictionary]
    parameters = _parameters(point)
    if "device" in kind().get_params():
        parameters["device"] = device
    return kind(**parameters)
