"""The design of the study of monosemanticity: layers, seeds and unit sets, and where they are compared."""

from dataclasses import dataclass
from typing import Self

from sememe.judging import Places
from sememe.recipes.digit_layers import STEPS
from sememe.studies.lineup import FAMILIES, SHAPES, Entry, chosen_families, lineup
from sememe.studies.study import Options, Study, checked_count, checked_layers


@dataclass(frozen=True)
class MonosemanticityDesign(Study):
    """Layers x network seeds x dictionary seeds x families x sparsities, and all controls."""

    families: tuple[str, ...]
    """Of dictionaries, as the command line calls them; none: each layer's default alone."""
    costly_controls: bool
    """Those that take seconds to fit; left out of a quick look only."""
    steps: int
    map_images: int
    replicates: int
    units: int
    """Of a unit set that are scored, drawn at random."""
    fvu: tuple[float, ...]
    loss_recovered: tuple[float, ...]
    development: bool
    """Every family at two widths, on images and seeds that no report uses: here defaults are chosen."""

    name = "monosemanticity"
    title = "Monosemanticity"
    question = "Are features more monosemantic than neurons?"
    # Widths and sparsities were chosen on the development images of networks up to here.
    first_seed = 200

    @classmethod
    def configured(cls, options: Options) -> Self:
        quick, few = options.quick, options.quick or options.development
        layers = checked_layers(options.layer, tuple(SHAPES))
        return cls(
            seed=options.seed,
            quick=quick,
            networks=checked_count("networks", options.networks, 1 if few else 3),
            dictionaries=checked_count("dictionaries", options.dictionaries, 2 if few else 5),
            layers=("hidden1", "fc1") if quick and options.layer is None else layers,
            train_images=10_000 if quick else 60_000,
            report_images=1_000 if quick else 5_000,
            families=chosen_families(options.families, () if quick else tuple(FAMILIES)),
            costly_controls=not quick,
            steps=150 if quick else STEPS,
            map_images=400 if quick else 1_500,
            replicates=100 if quick else 200,
            units=32 if quick else 64,
            fvu=(0.1,) if quick else (0.05, 0.02),
            loss_recovered=() if quick else (0.99,),
            development=options.development,
        )

    @property
    def label(self) -> str:
        return f"{self.name}-development" if self.development else self.name

    def network_seeds(self) -> tuple[int, ...]:
        return self._below_first(super().network_seeds())

    def dictionary_seeds(self) -> tuple[int, ...]:
        return self._below_first(super().dictionary_seeds())

    def _below_first(self, seeds: tuple[int, ...]) -> tuple[int, ...]:
        """Seeds that choices are made on, where they are."""
        return tuple(seed - self.first_seed for seed in seeds) if self.development else seeds

    def entries(self, layer: str) -> tuple[Entry, ...]:
        """Who takes part on a layer."""
        shape = SHAPES[layer]
        k = shape.k[1::2] if self.quick else shape.k
        return lineup(shape, self.families, k, self.steps, self.costly_controls, all_wide=self.development)

    def places(self, layer: str) -> Places:
        """Where unit sets are compared."""
        return Places(fvu=self.fvu, loss_recovered=self.loss_recovered, l0=(SHAPES[layer].l0,))

    def kinds(self, layer: str) -> dict[str, str]:
        """Family -> neurons, features or control, in the order in which they are shown."""
        return {entry.sweep.title: entry.sweep.kind for entry in self.entries(layer)}
