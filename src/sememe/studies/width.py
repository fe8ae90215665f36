"""``sememe study width``: does the gap between features and neurons grow as a layer gets narrower?

A layer with fewer neurons than there are things to tell apart must store several in one neuron
(superposition: Elhage et al. 2022, "Toy models of superposition"). If that is why features are needed, they
should gain most where the layer is narrowest. The dictionaries have the same size at every width, so that
only the layer changes.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from sememe import measures
from sememe.explorer.markup import markup, tag
from sememe.explorer.report_data import Kind
from sememe.progress import Progress
from sememe.recipes import Sweep
from sememe.runs.stage import Stage
from sememe.studies import subjects
from sememe.studies.cells import Row, cell, gathered
from sememe.studies.folder import StudyFolder
from sememe.studies.intervals import Mean, over_seeds
from sememe.studies.markdown import markdown_table
from sememe.studies.page import Section
from sememe.studies.panel_figure import panel_chart
from sememe.studies.panels import Panel, series
from sememe.studies.scoring import Scorer, powers_of_two, rows_at
from sememe.studies.study import Findings, Options, Study, checked_count, checked_layers
from sememe.studies.subjects import LAYERS, Subject

FEATURES, NEURONS = "TopK SAE", "neurons"
DRAWN = (
    "monosemanticity_score[encoder, centred]",
    "class_information",
    "concept_average_precision",
    "concept_share",
)
_KINDS: dict[str, Kind] = {NEURONS: "neurons", FEATURES: "features"}


@dataclass(frozen=True)
class Width(Study):
    """Widths of a layer x network seeds x dictionary seeds."""

    widths: tuple[int, ...]
    """Numbers of neurons that the layer is trained with."""
    components: int
    """Of every dictionary, whatever the width."""
    k: tuple[int, ...]
    """Sparsities of dictionaries and controls, as far as there are neurons."""
    steps: int
    fvu: float
    """Where unit sets are compared: variance lost."""

    name = "width"
    title = "Width"
    question = "Do features gain most where a layer is narrow?"

    @classmethod
    def configured(cls, options: Options) -> "Width":
        quick = options.quick
        return cls(
            seed=options.seed,
            quick=quick,
            networks=checked_count("networks", options.networks, 2 if quick else 3, least=2),
            dictionaries=checked_count("dictionaries", options.dictionaries, 1),
            layers=checked_layers(options.layer, ("hidden1", "fc1"))[: 1 if quick else None],
            train_images=10_000 if quick else 60_000,
            report_images=1_000 if quick else 5_000,
            widths=(8, 32, 128) if quick else (8, 16, 32, 64, 128, 256),
            components=256,
            k=(2, 4, 8, 16) if quick else (1, 2, 4, 8, 16, 32, 64),
            steps=200 if quick else 600,
            fvu=0.1 if quick else 0.05,
        )

    def stages(self, folder: StudyFolder, device: str) -> list[Stage]:
        train = self.train_images
        found = [subjects.train_stage(subjects.encoder_of(self.seed), folder, device, train)]
        for layer in self.layers:
            for width in self.widths:
                for seed in self.network_seeds():
                    subject = _subject(layer, width, seed)
                    found.append(subjects.train_stage(subject, folder, device, train))
                    found.append(self._cell(layer, width, seed, folder))
        return found

    def _cell(self, layer: str, width: int, seed: int, folder: StudyFolder) -> Stage:
        def compute(progress: Progress) -> Sequence[Row]:
            net = subjects.load(_subject(layer, width, seed), folder)
            encoder = subjects.load(subjects.encoder_of(self.seed), folder)
            scorer = Scorer.of(net, encoder, layer, self.train_images, self.report_images, self.seed)
            sweeps = self.sweeps(width)
            rows: list[Row] = []
            for turn, dictionary_seed in enumerate(self.dictionary_seeds()):
                found = []
                for number, sweep in enumerate(sweeps):
                    progress((turn + number / len(sweeps)) / self.dictionaries, sweep.title)
                    for value, dictionary in scorer.around(sweep, dictionary_seed, self.fvu):
                        found.append(scorer.evaluate(sweep, value, dictionary))
                controls = [sweep.title for sweep in sweeps if sweep.kind != "features"]
                table = measures.compare(layer, found, controls=controls, fvu=(self.fvu,), l0=())
                about: dict[str, str | int] = {"layer": layer, "width": width}
                about |= {"network_seed": seed, "dictionary_seed": dictionary_seed}
                rows += rows_at(table, f"fvu={self.fvu:g}", about)
            return rows

        return cell(
            self._path(folder, layer, width, seed),
            f"score {layer} width {width} seed {seed}",
            f"score {layer} with {width} neurons, network {seed}",
            compute,
            seconds=12.0 * self.dictionaries * (0.2 if self.quick else 1.0),
        )

    def sweeps(self, width: int) -> tuple[Sweep, ...]:
        """Neurons, features and controls on a layer of so many neurons."""
        size = (("n_components", self.components),)
        kept = powers_of_two(1, width)
        k = tuple(k for k in self.k if k <= width)
        return (
            Sweep(NEURONS, "Neurons", "neurons", "k", kept),
            Sweep(FEATURES, "TopKSAE", "features", "k", k, (*size, ("max_steps", self.steps))),
            Sweep("rotated neurons", "RotatedNeurons", "control", "k", kept),
            Sweep("random directions", "RandomDictionary", "control", "k", k, size),
            Sweep("stored activations", "StoredActivations", "control", "k", k, size),
        )

    def _path(self, folder: StudyFolder, layer: str, width: int, seed: int) -> Any:
        return folder.cell(layer, f"width{width}-seed{seed}.parquet")

    def findings(self, folder: StudyFolder) -> Findings:
        table = gathered(
            self._path(folder, layer, width, seed)
            for layer in self.layers
            for width in self.widths
            for seed in self.network_seeds()
        )
        scores = Scores(table)
        sentences = tuple(self._sentence(scores, layer) for layer in self.layers)
        sections = tuple(
            Section(
                layer,
                layer,
                markup(
                    tag(
                        "p",
                        f"At every width {LAYERS[layer].title} is trained anew with {self.networks} seeds; "
                        f"each dictionary has {self.components} components. All are compared "
                        f"where {100 * self.fvu:g} % of the variance is lost. Lines are means over "
                        "networks, bars 95 % intervals over their seeds; a set never there has no mark.",
                        class_="prose",
                    ),
                    panel_chart(
                        f"{layer}-chart",
                        f"Scores on {layer} by its width",
                        self._panels(scores, layer, DRAWN),
                        "Mean over units, dead ones counted as 0.",
                    ),
                ),
            )
            for layer in self.layers
        )
        return Findings(
            table=table,
            sentences=sentences,
            sections=sections,
            markdown=self._markdown(scores, sentences),
            figure=tuple(
                panel for layer in self.layers for panel in self._panels(scores, layer, (DRAWN[0], DRAWN[2]))
            ),
        )

    def _panels(self, scores: "Scores", layer: str, shown: Iterable[str]) -> list[Panel]:
        titles = [sweep.title for sweep in self.sweeps(self.widths[0])]
        found = []
        for measure in shown:
            lines = []
            for title in titles:
                points = []
                for width in self.widths:
                    mean = scores.mean(layer, width, title, measure)
                    if not math.isnan(mean.value):
                        points.append((width, mean.value, mean.low, mean.high))
                if points:
                    lines.append(series(title, _KINDS.get(title, "control"), points))
            found.append(
                Panel(
                    title=f"{measure_title(measure)}, {layer}",
                    x_title="neurons of the layer",
                    y_title="",
                    series=tuple(lines),
                    x_ticks=self.widths,
                    x_log=True,
                )
            )
        return found

    def _sentence(self, scores: "Scores", layer: str) -> str:
        measure = DRAWN[0]
        narrow, wide = self.widths[0], self.widths[-1]
        said = [
            f"{_signed(scores.gap(layer, width, measure))} with {width} neurons" for width in (narrow, wide)
        ]
        slope = scores.slope(layer, self.widths, measure)
        if slope.low > 0:
            trend = "so the gap grows with the width, against what superposition alone would suggest"
        elif slope.high < 0:
            trend = "so the gap is greatest where the layer is narrow, as superposition suggests"
        else:
            trend = "so these seeds do not tell in which direction the gap changes"
        return (
            f"{layer}: features score above neurons in monosemanticity by {' and '.join(said)} where "
            f"{100 * self.fvu:g} % of the variance is lost; a doubling of the width changes that by "
            f"{_signed(slope)}, {trend} ({self.networks} networks a width, {self.dictionaries} "
            f"{'dictionary' if self.dictionaries == 1 else 'dictionaries'} on each)."
        )

    def _markdown(self, scores: "Scores", sentences: Sequence[str]) -> str:
        head = [
            "layer",
            "neurons",
            *[f"{title}, MS" for title in (NEURONS, FEATURES)],
            "gap, MS",
            "gap, concept precision",
        ]
        rows = [
            [
                f"`{layer}`",
                str(width),
                str(scores.mean(layer, width, NEURONS, DRAWN[0])),
                str(scores.mean(layer, width, FEATURES, DRAWN[0])),
                _signed(scores.gap(layer, width, DRAWN[0])),
                _signed(scores.gap(layer, width, DRAWN[2])),
            ]
            for layer in self.layers
            for width in self.widths
        ]
        return "\n\n".join([*sentences, markdown_table(head, rows)])


class Scores:
    """What the cells say, looked up by layer, width, unit set and measure."""

    def __init__(self, table: pa.Table) -> None:
        self._values: dict[tuple[str, int, str, str], dict[int, list[float]]] = {}
        for row in table.to_pylist():
            if row["status"] != "unreached":
                key = (row["layer"], row["width"], row["unit_set"], row["measure"])
                self._values.setdefault(key, {}).setdefault(row["network_seed"], []).append(row["value"])

    def by_network(self, layer: str, width: int, unit_set: str, measure: str) -> dict[int, float]:
        """The mean over dictionaries on each network; those without one at the place are missing."""
        found = self._values.get((layer, width, unit_set, measure), {})
        return {seed: float(np.mean(values)) for seed, values in found.items()}

    def mean(self, layer: str, width: int, unit_set: str, measure: str) -> Mean:
        return over_seeds(list(self.by_network(layer, width, unit_set, measure).values()))

    def gaps(self, layer: str, width: int, measure: str) -> dict[int, float]:
        """Features less neurons on each network that has both."""
        features = self.by_network(layer, width, FEATURES, measure)
        neurons = self.by_network(layer, width, NEURONS, measure)
        return {seed: features[seed] - neurons[seed] for seed in features if seed in neurons}

    def gap(self, layer: str, width: int, measure: str) -> Mean:
        return over_seeds(list(self.gaps(layer, width, measure).values()))

    def slope(self, layer: str, widths: Sequence[int], measure: str) -> Mean:
        """Change of the gap with each doubling of the width: a line through the widths for each seed."""
        gaps = {width: self.gaps(layer, width, measure) for width in widths}
        seeds = sorted({seed for found in gaps.values() for seed in found})
        slopes = []
        for seed in seeds:
            known = [(math.log2(width), found[seed]) for width, found in gaps.items() if seed in found]
            if len(known) > 1:
                x, y = np.array(known).T
                slopes.append(float(np.polyfit(x, y, 1)[0]))
        return over_seeds(slopes)


def measure_title(key: str) -> str:
    """What people read: the measure's own title."""
    return measures.registry()[key.split("[")[0]].title


def _signed(mean: Mean) -> str:
    if math.isnan(mean.value):
        return "–"
    between = "" if math.isnan(mean.low) else f" [{mean.low:+.2f}, {mean.high:+.2f}]"
    return f"{mean.value:+.2f}{between}".replace("-", "−")


def _subject(layer: str, width: int, seed: int) -> Subject:
    argument = LAYERS[layer].argument
    assert argument is not None, "the study's layers have a width that can be set"
    return Subject(LAYERS[layer].network, seed, ((argument, width),))
