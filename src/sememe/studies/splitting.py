"""``sememe study splitting``: what becomes of a component when the dictionary grows."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from sememe import dictionaries
from sememe.explorer.markup import markup, tag
from sememe.explorer.report_data import Kind
from sememe.progress import Progress, part
from sememe.runs.stage import Stage
from sememe.studies import subjects
from sememe.studies.cells import Row, cell, gathered
from sememe.studies.folder import StudyFolder
from sememe.studies.intervals import Mean, over_seeds
from sememe.studies.markdown import markdown_table
from sememe.studies.page import Section
from sememe.studies.panel_figure import panel_chart
from sememe.studies.panels import Panel, series
from sememe.studies.scoring import Scorer, fitted
from sememe.studies.split_tree import tree_section
from sememe.studies.splits import COSINE, LEAST, children_of, links
from sememe.studies.splitting_design import FEATURES, RANDOM, SplittingDesign
from sememe.studies.study import Findings
from sememe.studies.subjects import LAYERS

_KINDS: dict[str, Kind] = {FEATURES: "features", RANDOM: "control"}
_SEEDS_APART = 1000
_SCORE = "monosemanticity_score[encoder, centred]"


class Splitting(SplittingDesign):
    """The design as stages, and what they found."""

    def stages(self, folder: StudyFolder, device: str) -> list[Stage]:
        train = self.train_images
        found = [subjects.train_stage(subjects.encoder_of(self.seed), folder, device, train)]
        for layer in self.layers:
            for seed in self.network_seeds():
                found.append(subjects.train_stage(self.subject(layer, seed), folder, device, train))
                for dictionary_seed in self.dictionary_seeds():
                    found.append(self._fit(layer, seed, dictionary_seed, folder))
                    found.append(self._cell(layer, seed, dictionary_seed, folder))
        return _without_repetition(found)

    def _fit(self, layer: str, seed: int, dictionary_seed: int, folder: StudyFolder) -> Stage:
        places = {
            (sweep.title, multiple): self.dictionary(
                folder, layer, seed, dictionary_seed, sweep.title, multiple
            )
            for sweep in self.sweeps(1)
            for multiple in self.multiples
        }

        def work(progress: Progress) -> str:
            net = subjects.load(self.subject(layer, seed), folder)
            items = subjects.harvested(net, subjects.fitting_images(self.train_images), layer, self.seed)
            values = np.asarray(items.values)
            for number, ((title, multiple), place) in enumerate(places.items()):
                if place.exists():
                    continue
                progress(number / len(places), f"{title}, {multiple} times as many components as neurons")
                sweep = next(s for s in self.sweeps(values.shape[1]) if s.title == title)
                # Of one seed, the larger would begin with the atoms of the smaller.
                seed_of_size = dictionary_seed + _SEEDS_APART * multiple
                dictionaries.save(fitted(sweep, multiple * values.shape[1], seed_of_size, values), place)
            return f"{len(places)} dictionaries on {len(values):,} items"

        return Stage(
            name=f"fit {layer} seed {seed}-{dictionary_seed}",
            title=f"fit dictionaries of {len(self.multiples)} sizes on {layer}, network {seed}",
            outputs=tuple(places.values()),
            work=work,
            seconds=1.2 * sum(self.multiples) * self.steps / 1200,
        )

    def _cell(self, layer: str, seed: int, dictionary_seed: int, folder: StudyFolder) -> Stage:
        def compute(progress: Progress) -> Sequence[Row]:
            scorer = self.scorer(folder, layer, seed)
            # A split is no score: all images that nothing was fitted on may tell of it, the more the better.
            seen = np.concatenate([scorer.choice, scorer.report])
            rows: list[Row] = []
            for turn, sweep in enumerate(self.sweeps(scorer.n_neurons)):
                coarse: sparse.csr_array | None = None
                step = part(progress, turn / 2, (turn + 1) / 2)
                for number, multiple in enumerate(self.multiples):
                    step(number / len(self.multiples), f"{sweep.title}, {multiple} times")
                    place = self.dictionary(folder, layer, seed, dictionary_seed, sweep.title, multiple)
                    dictionary = dictionaries.load(place).set_params(sparse_output=True)
                    # Directions have no sign of their own: what fires negatively is not told apart.
                    codes = abs(dictionary.transform(seen))
                    about: dict[str, str | int] = {"layer": layer, "network_seed": seed}
                    about |= {
                        "dictionary_seed": dictionary_seed,
                        "unit_set": sweep.title,
                        "multiple": multiple,
                    }
                    found = scorer.evaluate(sweep, float(multiple), dictionary)
                    score = found.units[_SCORE]
                    rows.append(
                        {
                            **about,
                            "fvu": found.sets["fvu"].value,
                            "l0": found.sets["l0"].value,
                            "units": found.n_units,
                            "dead_share": found.n_dead / found.n_units,
                            "score": score.mean.value,
                            "score_alive": score.alive.value,
                            **(_NOTHING if coarse is None else _split_row(coarse, codes, self.seed)),
                        }
                    )
                    coarse = codes
            return rows

        return cell(
            self._path(folder, layer, seed, dictionary_seed),
            f"link {layer} seed {seed}-{dictionary_seed}",
            f"link the components of {layer} across sizes, network {seed}",
            compute,
            seconds=0.8 * sum(self.multiples),
        )

    def scorer(self, folder: StudyFolder, layer: str, seed: int) -> Scorer:
        net = subjects.load(self.subject(layer, seed), folder)
        encoder = subjects.load(subjects.encoder_of(self.seed), folder)
        return Scorer.of(net, encoder, layer, self.train_images, self.report_images, self.seed)

    def _path(self, folder: StudyFolder, layer: str, seed: int, dictionary_seed: int) -> Path:
        return folder.cell(layer, f"seed{seed}-dictionary{dictionary_seed}.parquet")

    def findings(self, folder: StudyFolder) -> Findings:
        table = gathered(
            self._path(folder, layer, seed, dictionary_seed)
            for layer in self.layers
            for seed in self.network_seeds()
            for dictionary_seed in self.dictionary_seeds()
        )
        sentences = tuple(self._sentence(table, layer) for layer in self.layers)
        panels = {layer: self._panels(table, layer) for layer in self.layers}
        sections: list[Section] = []
        for layer in self.layers:
            lead = (
                f"Dictionaries of 1 to {self.multiples[-1]} times as many components as "
                f"{LAYERS[layer].title} has neurons, {self.k} firing an item. A component is a piece of one "
                "of the next smaller dictionary if, where it fires, that one fires too (on at least half of "
                "its firings, and at least twice as often as in all) and in the same proportions (a cosine "
                f"of their codes of at least {COSINE:g}). Of components with fewer than {LEAST} firings on "
                f"{2 * self.report_images:,} images nothing is said."
            )
            body = panel_chart(
                f"{layer}-chart",
                f"Splitting on {layer}",
                panels[layer],
                "Means over networks and dictionaries.",
            )
            sections.append(Section(layer, layer, markup(tag("p", lead, class_="prose"), body)))
            sections.append(tree_section(self, folder, layer))
        return Findings(
            table=table,
            sentences=sentences,
            sections=tuple(sections),
            markdown=self._markdown(table, sentences),
            figure=tuple(panel for layer in self.layers for panel in panels[layer]),
        )

    def _mean(self, table: pa.Table, layer: str, unit_set: str, multiple: int, column: str) -> Mean:
        """Over networks, of the mean over dictionaries."""
        wanted = (pc.field("unit_set") == unit_set) & (pc.field("multiple") == multiple)
        chosen = table.filter((pc.field("layer") == layer) & wanted)
        by_network: dict[int, list[float]] = {}
        for row in chosen.to_pylist():
            if row[column] is not None:
                by_network.setdefault(row["network_seed"], []).append(row[column])
        return over_seeds([float(np.mean(values)) for values in by_network.values()], 0.0, 1.0)

    def _panels(self, table: pa.Table, layer: str) -> list[Panel]:
        found = []
        for column, title in _COLUMNS.items():
            lines = []
            for unit_set, kind in _KINDS.items():
                points = []
                for multiple in self.multiples:
                    mean = self._mean(table, layer, unit_set, multiple, column)
                    if not math.isnan(mean.value):
                        points.append((multiple, mean.value, mean.low, mean.high))
                lines.append(series(unit_set, kind, points))
            found.append(Panel(title, "components per neuron", "", tuple(lines), self.multiples, x_log=True))
        return found

    def _sentence(self, table: pa.Table, layer: str) -> str:
        last = self.multiples[-1]
        linked = [self._mean(table, layer, unit_set, last, "linked") for unit_set in _KINDS]
        chance = self._mean(table, layer, FEATURES, last, "linked_by_chance")
        split = self._mean(table, layer, FEATURES, self.multiples[1], "split")
        score = [self._mean(table, layer, FEATURES, multiple, "score_alive") for multiple in (1, last)]
        larger, networks = (
            self.multiples[1],
            f"{self.networks} networks, {self.dictionaries} dictionary seeds",
        )
        return (
            f"{layer}: of the components of a dictionary {last} times as large as the layer, a share "
            f"of {linked[0]} is a piece of a component of the next smaller one (random directions: "
            f"{linked[1]}; by chance: {chance}). From 1 to {larger} times, a share of {split} of the "
            f"components splits into two or more. The monosemanticity of live components goes from "
            f"{score[0]} at 1 time to {score[1]} at {last} times ({networks})."
        )

    def _markdown(self, table: pa.Table, sentences: Sequence[str]) -> str:
        head = ["layer", "units", "components per neuron", *_COLUMNS.values()]
        rows = [
            [f"`{layer}`", unit_set, str(multiple)]
            + [str(self._mean(table, layer, unit_set, multiple, column)) for column in _COLUMNS]
            for layer in self.layers
            for unit_set in _KINDS
            for multiple in self.multiples
        ]
        return "\n\n".join([*sentences, markdown_table(head, rows)])


_COLUMNS = {
    "linked": "share that are pieces of a coarser component",
    "split": "share of coarser components that split",
    "fvu": "variance lost",
    "dead_share": "share of dead components",
    "score_alive": "monosemanticity of live components",
}
_NOTHING: Row = {"linked": None, "linked_by_chance": None, "kept": None, "split": None, "vanished": None}


def _split_row(coarse: sparse.csr_array, fine: sparse.csr_array, seed: int) -> Row:
    """Shares of the components judged that are linked, and by chance; what became of the coarser ones."""
    found = links(coarse, fine)
    dealt = np.random.default_rng(seed).permutation(fine.shape[0])
    by_chance = links(coarse, fine[dealt])
    judged = max(1, int(found.known.sum()))
    pieces = children_of(found, coarse.shape[1])[_live(coarse)]
    return {
        "linked": float(found.linked.sum() / judged),
        "linked_by_chance": float(by_chance.linked.sum() / judged),
        "kept": float((pieces == 1).mean()),
        "split": float((pieces > 1).mean()),
        "vanished": float((pieces == 0).mean()),
    }


def _live(codes: sparse.csr_array) -> np.ndarray:
    return np.asarray((codes != 0).sum(axis=0)).reshape(-1) > 0


def _without_repetition(stages: Sequence[Stage]) -> list[Stage]:
    """Layers of one network need it trained once."""
    return list({stage.name: stage for stage in stages}.values())
