"""The design of the study of splitting: dictionaries of growing size, and where they lie."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from sememe.activations import Activations
from sememe.recipes import Sweep
from sememe.studies import subjects
from sememe.studies.folder import StudyFolder
from sememe.studies.study import Options, Study, checked_count, checked_layers
from sememe.studies.subjects import LAYERS, Subject

FEATURES, RANDOM = "TopK SAE", "random directions"


@dataclass(frozen=True)
class SplittingDesign(Study):
    """Sizes of a dictionary x network seeds x dictionary seeds."""

    multiples: tuple[int, ...]
    """Components of the dictionaries, in multiples of the layer's neurons."""
    k: int
    """Components that fire for an item, the same at every size."""
    steps: int

    name = "splitting"
    title = "Splitting"
    question = "What becomes of a feature when the dictionary grows?"

    @classmethod
    def configured(cls, options: Options) -> Self:
        quick = options.quick
        return cls(
            seed=options.seed,
            quick=quick,
            networks=checked_count("networks", options.networks, 1 if quick else 3),
            dictionaries=checked_count("dictionaries", options.dictionaries, 1),
            layers=checked_layers(options.layer, tuple(LAYERS)) if options.layer else ("fc1",),
            train_images=10_000 if quick else 60_000,
            report_images=1_000 if quick else 5_000,
            multiples=(1, 2, 4) if quick else (1, 2, 4, 8, 16, 32),
            k=8,
            steps=200 if quick else 1200,
        )

    def subject(self, layer: str, seed: int) -> Subject:
        """A network that has the layer."""
        return Subject(LAYERS[layer].network, seed)

    def report_items(self, folder: StudyFolder, layer: str, seed: int) -> Activations:
        """The layer's activations on the images reported on."""
        net = subjects.load(self.subject(layer, seed), folder)
        return subjects.harvested(net, subjects.report_images(self.report_images), layer, self.seed)

    def sweeps(self, n_neurons: int) -> tuple[Sweep, ...]:
        """Features and their control, over the number of components."""
        sizes = tuple(float(multiple * n_neurons) for multiple in self.multiples)
        k = (("k", min(self.k, n_neurons)),)
        return (
            Sweep(FEATURES, "TopKSAE", "features", "n_components", sizes, (*k, ("max_steps", self.steps))),
            Sweep(RANDOM, "RandomDictionary", "control", "n_components", sizes, k),
        )

    def dictionary(
        self, folder: StudyFolder, layer: str, seed: int, dictionary_seed: int, title: str, multiple: int
    ) -> Path:
        """The place of one dictionary."""
        name = f"{title.replace(' ', '-')}-{multiple}x"
        return folder.cell(layer, f"seed{seed}-dictionary{dictionary_seed}", name)
