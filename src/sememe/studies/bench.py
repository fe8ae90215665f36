"""Where unit sets are judged: the material, the layer of each network, and fitted unit sets from disk.

Loaded when first asked for, and kept for the layer that is worked on; everything comes from the folder, so
that it does not matter which process asks.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from sememe import dictionaries, judging, networks
from sememe.dictionaries import Dictionary
from sememe.images import ImageSet
from sememe.judging import Material, Source, UnitSet
from sememe.networks.network import Network
from sememe.progress import Progress
from sememe.studies import subjects
from sememe.studies.folder import StudyFolder
from sememe.studies.lineup import Entry
from sememe.studies.scoring import fitted
from sememe.studies.subjects import LAYERS, POSITIONS_PER_IMAGE, Subject

# Coding differs along these sweeps, but what is fitted does not: once is enough.
_FITTED_ONCE = frozenset({"FastICA", "PCA", "Neurons"})


@dataclass(eq=False)
class Bench:
    """One study's layers, ready to judge unit sets on."""

    folder: StudyFolder
    seed: int
    train_images: int
    report_images: int
    development: bool
    """Score the images that choices are made on; those reported on are not looked at."""
    map_images: int
    """Of layers with a map, so many images of a split are looked at: each gives several items."""
    replicates: int
    limits: judging.Limits
    device: str
    _materials: dict[bool, Material] = field(default_factory=dict)
    _subjects: dict[tuple[str, int], judging.Subject] = field(default_factory=dict)

    def images(self) -> tuple[ImageSet, ImageSet, ImageSet]:
        """For fitting, for the choice of each unit's concept, and scored."""
        fitting = subjects.fitting_images(self.train_images)
        choice = subjects.choice_images(self.report_images)
        if self.development:
            half = len(choice) // 2
            return fitting, choice[:half], choice[half:]
        return fitting, choice, subjects.report_images(self.report_images)

    def encoder(self) -> Network:
        return subjects.load(subjects.encoder_of(self.seed), self.folder)

    def material_path(self, layer: str) -> Path:
        return self.folder.cell("material-with-maps.npz" if has_map(layer) else "material.npz")

    def make_material(self, layer: str, progress: Progress) -> None:
        """Look for concepts in the images and keep what was found."""
        known = judging.material(
            self.encoder(),
            *self.images(),
            maps=has_map(layer),
            map_images=self.map_images,
            replicates=self.replicates,
            seed=self.seed,
            progress=progress,
        )
        judging.save_material(self.material_path(layer), known)

    def material(self, layer: str) -> Material:
        """What is known of the images, apart from any network under study."""
        if has_map(layer) not in self._materials:
            self._materials[has_map(layer)] = judging.load_material(
                self.material_path(layer),
                self.encoder(),
                *self.images(),
                replicates=self.replicates,
                seed=self.seed,
            )
        return self._materials[has_map(layer)]

    def subject(self, layer: str, seed: int, sources: Sequence[Source]) -> judging.Subject:
        """The layer of one network, with its evidence."""
        if any(name != layer for name, _ in self._subjects):
            self._subjects.clear()
        if (layer, seed) not in self._subjects:
            subject = of_layer(layer, seed)
            self._subjects[layer, seed] = judging.subject(
                subjects.load(subject, self.folder),
                layer,
                self.material(layer),
                untrained=untrained(subject) if "untrained" in sources else None,
                sources=tuple(sources),
                positions_per_image=POSITIONS_PER_IMAGE,
                limits=self.limits,
                seed=self.seed,
                device=self.device,
                network=subject.name,
            )
        return self._subjects[layer, seed]

    def place(self, layer: str, seed: int, dictionary_seed: int, entry: Entry, value: float) -> Path:
        """Of one fitted unit set."""
        return self.folder.cell(layer, f"fit-{seed}-{dictionary_seed}", entry.point(value))

    def fit(self, layer: str, seed: int, dictionary_seed: int, entry: Entry, items: np.ndarray) -> None:
        """Fit the points of one sweep that are not there yet."""
        first: Dictionary | None = None
        for value in entry.sweep.values:
            place = self.place(layer, seed, dictionary_seed, entry, value)
            if place.exists():
                continue
            if first is not None and entry.sweep.dictionary in _FITTED_ONCE:
                dictionary = copy.deepcopy(first).set_params(**{entry.sweep.parameter: value})
            else:
                dictionary = first = fitted(entry.sweep, value, dictionary_seed, items)
            dictionaries.save(dictionary, place)

    def fitting_items(self, source: Source, layer: str, seed: int) -> np.ndarray:
        """What unit sets of a source are fitted on."""
        subject = of_layer(layer, seed)
        items, _ = judging.read_items(
            source,
            subjects.load(subject, self.folder),
            subjects.fitting_images(self.train_images),
            layer,
            untrained=untrained(subject) if source == "untrained" else None,
            positions_per_image=POSITIONS_PER_IMAGE,
            seed=self.seed,
            device=self.device,
        )
        return items

    def unit_set(self, layer: str, seed: int, dictionary_seed: int, entry: Entry, value: float) -> UnitSet:
        """One fitted unit set, ready to be judged."""
        place = self.place(layer, seed, dictionary_seed, entry, value)
        dictionary = dictionaries.load(place).set_params(sparse_output=True)
        sweep = entry.sweep
        return UnitSet(sweep.title, sweep.kind, entry.settings(value), dictionary, entry.source)


def has_map(layer: str) -> bool:
    """Whether an image has several items there."""
    return layer.startswith("conv")


def of_layer(layer: str, seed: int) -> Subject:
    """The network of a layer."""
    return Subject(LAYERS[layer].network, seed)


def untrained(subject: Subject) -> Network:
    """The network as it was before training."""
    return networks.registry()[subject.network](seed=subject.seed)
