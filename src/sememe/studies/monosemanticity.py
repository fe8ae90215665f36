"""``sememe study monosemanticity``: are features more monosemantic than neurons, whatever the seeds?

Networks of several seeds, on each of them dictionaries of several seeds, families and sparsities, beside all
controls, judged by every family of measures where they are equally faithful or equally sparse. Intervals come
from a bootstrap over images, units and seeds together.
"""

from dataclasses import dataclass
from pathlib import Path

from sememe import files, judging
from sememe.errors import RunError
from sememe.judging import Places
from sememe.measures import MeasureTable
from sememe.recipes.digit_layers import STEPS
from sememe.runs.stage import Stage
from sememe.studies import subjects
from sememe.studies.bench import Bench, of_layer
from sememe.studies.folder import StudyFolder
from sememe.studies.layer_work import LayerWork
from sememe.studies.lineup import FAMILIES, SHAPES, Entry, chosen_families, lineup
from sememe.studies.monosemanticity_findings import findings
from sememe.studies.study import Findings, Options, Study, checked_count, checked_layers


@dataclass(frozen=True)
class Monosemanticity(Study):
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
    def configured(cls, options: Options) -> "Monosemanticity":
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

    def stages(self, folder: StudyFolder, device: str) -> list[Stage]:
        bench = Bench(
            folder=folder,
            seed=self.seed,
            train_images=self.train_images,
            report_images=self.report_images,
            development=self.development,
            map_images=self.map_images,
            replicates=self.replicates,
            limits=judging.Limits(units=self.units, effect_images=24, simulated_items=1_500),
            device=device,
        )
        found = [subjects.train_stage(subjects.encoder_of(self.seed), folder, device, self.train_images)]
        for layer in self.layers:
            work = LayerWork(self, bench, layer)
            found.append(work.material_stage())
            for seed in self.network_seeds():
                found.append(subjects.train_stage(of_layer(layer, seed), folder, device, self.train_images))
                found += [work.fit_stage(seed, number) for number in range(self.dictionaries)]
                found.append(work.look_stage(seed))
            for seed in self.network_seeds():
                found += [work.score_stage(seed, number) for number in range(self.dictionaries)]
            found.append(work.table_stage())
        # Layers of one network need it trained once, and layers of one kind the same material.
        return list({stage.name: stage for stage in found}.values())

    def findings(self, folder: StudyFolder) -> Findings:
        tables = {layer: _read(folder.cell(layer, "table.json")) for layer in self.layers}
        return findings(self, tables)

    def kinds(self, layer: str) -> dict[str, str]:
        """Family -> neurons, features or control, in the order in which they are shown."""
        return {entry.sweep.title: entry.sweep.kind for entry in self.entries(layer)}


def _read(path: Path) -> MeasureTable:
    if not path.exists():
        raise RunError(f"There is no table at {path}: finish the study with the command that began it.")
    return MeasureTable.from_dict(files.read_json(path))
