"""``sememe study universality``: do other networks have the same units?

A unit that stands for something in the images, and not for an accident of one training, should have a
counterpart in a network of another seed, and perhaps in one of another architecture (Bricken et al. 2023,
"Towards Monosemanticity", universality). With more units to choose from, and with rarer firings, some
counterpart is found by chance: unit sets are compared at one size and one sparsity, beside controls.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
from scipy import sparse

from sememe import dictionaries, measures
from sememe.explorer.markup import markup, tag
from sememe.progress import Progress
from sememe.recipes import Sweep
from sememe.runs.stage import Stage
from sememe.studies import subjects
from sememe.studies.cells import Row, cell, gathered
from sememe.studies.counterparts import SHARED, Counterparts
from sememe.studies.folder import StudyFolder
from sememe.studies.markdown import markdown_table
from sememe.studies.page import Section
from sememe.studies.panel_figure import panel_chart
from sememe.studies.panels import Panel, series
from sememe.studies.scoring import fitted
from sememe.studies.study import Findings, Options, Study, checked_count, checked_layers
from sememe.studies.subjects import LAYERS, Subject

FEATURES, NEURONS = "TopK SAE", "neurons"
SAME, SEED, ARCHITECTURE = "same network, other dictionary", "other seed", "other architecture"
_NEURONS = 128
"""Of either layer, so that neurons are compared with as many neurons."""
_GRID = tuple(np.linspace(0.0, 1.0, 41).tolist())


@dataclass(frozen=True)
class _Copy:
    """One network with the dictionaries of one seed on it."""

    layer: str
    network_seed: int
    number: int
    """Of the dictionary seed, from 0."""

    @property
    def subject(self) -> Subject:
        argument = LAYERS[self.layer].argument
        assert argument is not None, "the study's layers have a width that can be set"
        return Subject(LAYERS[self.layer].network, self.network_seed, ((argument, _NEURONS),))

    @property
    def name(self) -> str:
        return f"{self.layer}-seed{self.network_seed}-dictionary{self.number}"

    def relation(self, other: "_Copy") -> str:
        """What the two do not share."""
        if self.layer != other.layer:
            return ARCHITECTURE
        return SEED if self.network_seed != other.network_seed else SAME


@dataclass(frozen=True)
class Universality(Study):
    """Pairs of networks of two architectures and several seeds."""

    components: tuple[int, ...]
    """Sizes of the dictionaries; the first is the layers' own."""
    k: int
    """Units that fire for an item, in every unit set but that of all neurons."""
    steps: int

    name = "universality"
    title = "Universality"
    question = "Do other networks have the same features?"

    @classmethod
    def configured(cls, options: Options) -> "Universality":
        quick = options.quick
        return cls(
            seed=options.seed,
            quick=quick,
            networks=checked_count("networks", options.networks, 2 if quick else 3, least=2),
            dictionaries=checked_count("dictionaries", options.dictionaries, 1 if quick else 2),
            layers=checked_layers(options.layer, ("fc1", "hidden1")),
            train_images=10_000 if quick else 60_000,
            report_images=1_000 if quick else 5_000,
            components=(_NEURONS,) if quick else (_NEURONS, 512),
            k=8,
            steps=200 if quick else 600,
        )

    def stages(self, folder: StudyFolder, device: str) -> list[Stage]:
        copies = list(self._copies())
        found = [
            subjects.train_stage(subject, folder, device, self.train_images)
            for subject in dict.fromkeys(copy.subject for copy in copies)
        ]
        found += [self._fit(copy, folder) for copy in copies]
        return found + [self._pair(one, other, folder) for one, other in self._pairs()]

    def _copies(self) -> Iterator[_Copy]:
        for layer in self.layers:
            for seed in self.network_seeds():
                for number in range(self.dictionaries):
                    yield _Copy(layer, seed, number)

    def _pairs(self) -> list[tuple[_Copy, _Copy]]:
        """Networks with the first dictionary on each; of one network, its dictionaries."""
        pairs = combinations(self._copies(), 2)
        return [(a, b) for a, b in pairs if a.number == b.number == 0 or a.relation(b) == SAME]

    def _fit(self, copy: _Copy, folder: StudyFolder) -> Stage:
        places = {sweep.title: folder.cell(copy.name, sweep.title) for sweep in self.sweeps()}

        def work(progress: Progress) -> str:
            net = subjects.load(copy.subject, folder)
            shown = subjects.fitting_images(self.train_images)
            values = np.asarray(subjects.harvested(net, shown, copy.layer, self.seed).values)
            for number, sweep in enumerate(self.sweeps()):
                progress(number / len(places), sweep.title)
                if not places[sweep.title].exists():
                    dictionary = fitted(sweep, sweep.values[0], self._random_state(copy), values)
                    dictionaries.save(dictionary, places[sweep.title])
            return f"{len(places)} unit sets on {len(values):,} items"

        return Stage(
            name=f"fit {copy.name}",
            title=f"fit dictionaries on {copy.layer}, network {copy.network_seed}, seed {copy.number}",
            outputs=tuple(places.values()),
            work=work,
            seconds=3.0 * len(self.components),
        )

    def _random_state(self, copy: _Copy) -> int:
        """Another for each: stored items of one seed would be the same items in every network."""
        return self.dictionary_seeds()[0] + list(self._copies()).index(copy)

    def _pair(self, one: _Copy, other: _Copy, folder: StudyFolder) -> Stage:
        def compute(progress: Progress) -> Sequence[Row]:
            rows: list[Row] = []
            dealt = np.random.default_rng(self.seed).permutation(self.report_images)
            seen = [self._seen(copy, folder) for copy in (one, other)]
            for number, sweep in enumerate(self.sweeps()):
                progress(number / len(self.sweeps()), sweep.title)
                codes = [self._codes(copy, sweep, seen[i], folder) for i, copy in enumerate((one, other))]
                for i, j in ((0, 1), (1, 0)):
                    found = measures.universality(codes[i], codes[j])
                    chance = measures.universality(codes[i], codes[j][dealt])
                    copy, partner = (one, other) if i == 0 else (other, one)
                    fires = np.asarray((codes[i] != 0).mean(axis=0)).reshape(-1)
                    rows += [
                        {
                            "layer": copy.layer,
                            "network_seed": copy.network_seed,
                            "dictionary": copy.number,
                            "other_layer": partner.layer,
                            "other_network_seed": partner.network_seed,
                            "other_dictionary": partner.number,
                            "relation": copy.relation(partner),
                            "unit_set": sweep.title,
                            "unit": unit,
                            "density": float(fires[unit]),
                            # Dead units have no counterpart: 0 in every mean.
                            "correlation": float(np.nan_to_num(found[unit])),
                            "chance": float(np.nan_to_num(chance[unit])),
                        }
                        for unit in range(len(found))
                    ]
            return rows

        return cell(
            self._path(folder, one, other),
            f"correlate {one.name} {other.name}",
            f"correlate the units of {one.layer} {one.network_seed} and {other.layer} {other.network_seed}",
            compute,
            seconds=2.0,
        )

    def _seen(self, copy: _Copy, folder: StudyFolder) -> np.ndarray:
        net = subjects.load(copy.subject, folder)
        shown = subjects.report_images(self.report_images)
        return np.asarray(subjects.harvested(net, shown, copy.layer, self.seed).values)

    def _codes(self, copy: _Copy, sweep: Sweep, seen: np.ndarray, folder: StudyFolder) -> sparse.csr_array:
        dictionary = dictionaries.load(folder.cell(copy.name, sweep.title)).set_params(sparse_output=True)
        return sparse.csr_array(dictionary.transform(seen))

    def sweeps(self) -> tuple[Sweep, ...]:
        """Neurons, features and controls, each with one value."""
        k = (self.k,)
        found = [
            Sweep("all neurons", "Neurons", "neurons", "k", (_NEURONS,)),
            Sweep(NEURONS, "Neurons", "neurons", "k", k),
            Sweep("rotated neurons", "RotatedNeurons", "control", "k", k),
        ]
        for components in self.components:
            size = (("n_components", components),)
            steps = (("max_steps", self.steps),)
            found.append(Sweep(f"{FEATURES}, {components}", "TopKSAE", "features", "k", k, (*size, *steps)))
            for title, kind in _CONTROLS.items():
                found.append(Sweep(f"{title}, {components}", kind, "control", "k", k, size))
        return tuple(found)

    def _path(self, folder: StudyFolder, one: _Copy, other: _Copy) -> Path:
        return folder.cell("pairs", f"{one.name}--{other.name}.parquet")

    def findings(self, folder: StudyFolder) -> Findings:
        table = gathered(self._path(folder, one, other) for one, other in self._pairs())
        counterparts = Counterparts(table)
        sentences = tuple(self._sentence(counterparts, layer) for layer in self.layers)
        panels = {layer: self._panels(counterparts, layer) for layer in self.layers}
        sections = tuple(
            Section(
                layer,
                layer,
                markup(
                    tag("p", self._lead(layer), class_="prose"),
                    panel_chart(f"{layer}-chart", f"Counterparts of {layer}'s units", panels[layer], None),
                ),
            )
            for layer in self.layers
        )
        return Findings(
            table=table,
            sentences=sentences,
            sections=sections,
            markdown=self._markdown(counterparts, sentences),
            figure=tuple(
                panel for layer in self.layers for panel in self._panels(counterparts, layer, (SEED,))
            ),
        )

    def _lead(self, layer: str) -> str:
        return (
            f"Each unit of {LAYERS[layer].title} (with {_NEURONS} neurons) and the unit of another "
            "network whose activation correlates most with its own, on "
            f"{self.report_images:,} images. {self.k} units fire for an image in every set but that of all "
            "neurons. A line shows which share of a set's units (dead ones included) find a counterpart at "
            "least so similar."
        )

    def _relations(self) -> tuple[str, ...]:
        found = [SAME] if self.dictionaries > 1 else []
        return (*found, SEED, *([ARCHITECTURE] if len(self.layers) > 1 else []))

    def _panels(
        self, counterparts: Counterparts, layer: str, relations: Sequence[str] | None = None
    ) -> list[Panel]:
        found = []
        for relation in relations or self._relations():
            lines = []
            for sweep in self.sweeps():
                values = counterparts.correlations(layer, relation, sweep.title)
                if values.size:
                    shares = [(at, float((values >= at).mean()), *[float("nan")] * 2) for at in _GRID]
                    lines.append(series(sweep.title, sweep.kind, shares))
            found.append(
                Panel(
                    title=f"{layer}: {relation}",
                    x_title="greatest correlation is at least",
                    y_title="share of units",
                    series=tuple(lines),
                    x_ticks=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
                    y_range=(0.0, 1.0),
                    marks=False,
                )
            )
        return found

    def _sentence(self, counterparts: Counterparts, layer: str) -> str:
        features = f"{FEATURES}, {self.components[0]}"
        random = f"random directions, {self.components[0]}"
        means = [counterparts.mean(layer, SEED, unit_set) for unit_set in (features, NEURONS, random)]
        apart = [counterparts.difference(layer, SEED, features, other) for other in (NEURONS, random)]
        shares = [counterparts.share(layer, SEED, unit_set) for unit_set in (features, NEURONS)]
        whole = counterparts.mean(layer, SEED, "all neurons")
        return (
            f"{layer}: with {self.k} of {_NEURONS} units firing, the best counterpart in a network of "
            f"another seed correlates with a feature at {means[0]}, with a neuron at {means[1]} and with a "
            f"random direction at {means[2]} (features less neurons {apart[0]}, less random directions "
            f"{apart[1]}). A share of {shares[0]} of the features and {shares[1]} of the neurons have one at "
            f"{SHARED:g} or above. Neurons of which none is silenced find one at {whole} ({self.networks} "
            "networks an architecture)."
        )

    def _markdown(self, counterparts: Counterparts, sentences: Sequence[str]) -> str:
        relations = self._relations()
        head = ["layer", "units", *relations, f"other seed, share at {SHARED:g} or above", "by chance"]
        rows = [
            [f"`{layer}`", sweep.title]
            + [
                # Of one network, neurons are the same whatever the seed.
                "–"
                if relation == SAME and sweep.kind == "neurons"
                else str(counterparts.mean(layer, relation, sweep.title))
                for relation in relations
            ]
            + [str(counterparts.share(layer, SEED, sweep.title))]
            + [f"{counterparts.mean(layer, SEED, sweep.title, 'chance').value:.2f}"]
            for layer in self.layers
            for sweep in self.sweeps()
        ]
        return "\n\n".join([*sentences, markdown_table(head, rows)])


_CONTROLS = {"random directions": "RandomDictionary", "stored activations": "StoredActivations"}
