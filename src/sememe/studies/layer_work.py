"""The stages of one layer in the study of monosemanticity: fit, look, score, compare.

Between them is only the folder: the dictionaries, then every unit set's fidelity, then the scores of those
that the places of comparison ask for, then one table.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scipy import sparse

from sememe import files, judging, measures
from sememe.judging import Coded
from sememe.measures import Evaluation
from sememe.progress import Progress
from sememe.runs.stage import Stage
from sememe.studies.bench import Bench, has_map
from sememe.studies.lineup import Entry
from sememe.studies.monosemanticity_design import MonosemanticityDesign

Key = tuple[str, tuple[tuple[str, object], ...]]


@dataclass(frozen=True)
class LayerWork:
    """The stages of one layer."""

    study: MonosemanticityDesign
    bench: Bench
    layer: str

    @property
    def entries(self) -> tuple[Entry, ...]:
        return self.study.entries(self.layer)

    def points(self, number: int) -> Iterator[tuple[Entry, float]]:
        """The points that are fitted on every network with the dictionary seed of this number."""
        for entry in self.entries:
            if entry.seeds == "all" or number == 0:
                for value in entry.sweep.values:
                    yield entry, value

    def has(self, number: int, entry: Entry) -> bool:
        """Whether a sweep is fitted with that dictionary seed."""
        return any(entry == other for other, _ in self.points(number))

    def subject(self, seed: int) -> judging.Subject:
        sources = tuple(dict.fromkeys(entry.source for entry in self.entries))
        return self.bench.subject(self.layer, seed, sources)

    def material_stage(self) -> Stage:
        def work(progress: Progress) -> str:
            self.bench.make_material(self.layer, progress)
            return "concepts and edits of the images reported on"

        kind = "pixels" if has_map(self.layer) else "images"
        path = self.bench.material_path(self.layer)
        return Stage(f"concepts of {kind}", f"look for concepts in {kind}", (path,), work, seconds=10.0)

    def fit_stage(self, seed: int, number: int) -> Stage:
        dictionary_seed = self.study.dictionary_seeds()[number]
        points = list(self.points(number))
        entries = list(dict.fromkeys(entry for entry, _ in points))

        def work(progress: Progress) -> str:
            for source in dict.fromkeys(entry.source for entry in entries):
                items = self.bench.fitting_items(source, self.layer, seed)
                for entry in entries:
                    if entry.source == source:
                        progress(entries.index(entry) / len(entries), entry.sweep.title)
                        self.bench.fit(self.layer, seed, dictionary_seed, entry, items)
            return f"{len(points)} unit sets"

        return Stage(
            name=f"fit {self.layer} {seed}-{number}",
            title=f"fit unit sets on {self.layer}, network {seed}, dictionary {dictionary_seed}",
            outputs=tuple(
                self.bench.place(self.layer, seed, dictionary_seed, entry, value) for entry, value in points
            ),
            work=work,
            seconds=sum(_SECONDS.get(entry.sweep.dictionary, 0.1) for entry, _ in points),
        )

    def look_stage(self, seed: int) -> Stage:
        """Fidelity and sparsity of every unit set on one network: which of them the places ask for."""
        place = self.bench.folder.cell(self.layer, f"look-{seed}")

        def work(progress: Progress) -> str:
            subject, count = self.subject(seed), 0
            with files.whole_folder(place) as folder:
                for number in range(self.study.dictionaries):
                    for entry, value in self.points(number):
                        coded = self._coded(subject, seed, number, entry, value)
                        measures.save_evaluation(folder / _file(number, entry, value), coded.evaluation)
                        count += 1
                        progress(min(0.99, count / 200), entry.sweep.title)
            return f"{count} unit sets"

        return Stage(
            name=f"look {self.layer} {seed}",
            title=f"measure how faithful the unit sets on {self.layer} are, network {seed}",
            outputs=(place,),
            work=work,
            seconds=0.1 * sum(1 for n in range(self.study.dictionaries) for _ in self.points(n)),
        )

    def score_stage(self, seed: int, number: int) -> Stage:
        """Everything else, of the unit sets that the places of comparison ask for."""
        place = self.bench.folder.cell(self.layer, f"score-{seed}-{number}")
        dictionary_seeds = self.study.dictionary_seeds()

        def work(progress: Progress) -> str:
            subject, asked = self.subject(seed), self._asked()
            points = [point for point in self.points(number) if _key(*point) in asked]
            with files.whole_folder(place) as folder:
                for count, (entry, value) in enumerate(points):
                    progress(count / len(points), f"{entry.sweep.title}, {entry.sweep.parameter} = {value:g}")
                    twins = [
                        self.bench.unit_set(
                            self.layer, seed, dictionary_seeds[other], entry, value
                        ).dictionary
                        for other in range(self.study.dictionaries)
                        if other != number and self.has(other, entry)
                    ]
                    evaluation = judging.score(
                        subject,
                        self._coded(subject, seed, number, entry, value),
                        twins=twins,
                        elsewhere=self._elsewhere(seed, entry, value),
                        seed=(self.study.network_seeds().index(seed), number),
                    )
                    measures.save_evaluation(folder / _file(number, entry, value), evaluation)
            return f"{len(points)} unit sets"

        return Stage(
            name=f"score {self.layer} {seed}-{number}",
            title=f"score the units of {self.layer}, network {seed}, dictionary {dictionary_seeds[number]}",
            outputs=(place,),
            work=work,
            seconds=1.0 * sum(1 for _ in self.points(number)),
        )

    def table_stage(self) -> Stage:
        place = self.bench.folder.cell(self.layer, "table.json")

        def work(progress: Progress) -> str:
            evaluations = self._pooled(scored=True)
            first = self.study.network_seeds()[0]
            subject = self.subject(first)
            unit_sets = [
                self.bench.unit_set(self.layer, first, self.study.dictionary_seeds()[0], entry, value)
                for entry, value in self.points(0)
            ]
            places = self.study.places(self.layer)
            about = next(entry.sweep.title for entry in self.entries if entry.is_default)
            table = judging.summed_up(subject, unit_sets, evaluations, places, about=about)
            files.write_json(place, table.to_dict())
            return f"{table.answers[self.layer]}: {table.sentences[self.layer]}"

        return Stage(
            name=f"compare {self.layer}",
            title=f"compare the unit sets of {self.layer}, all seeds together",
            outputs=(place,),
            work=work,
            seconds=5.0,
        )

    def _coded(self, subject: judging.Subject, seed: int, number: int, entry: Entry, value: float) -> Coded:
        dictionary_seed = self.study.dictionary_seeds()[number]
        return judging.look(subject, self.bench.unit_set(self.layer, seed, dictionary_seed, entry, value))

    def _elsewhere(self, seed: int, entry: Entry, value: float) -> Any:
        """Codes of the same setting on the same images in the next network; None if there is no other."""
        seeds = self.study.network_seeds()
        if len(seeds) == 1:
            return None
        other = seeds[(seeds.index(seed) + 1) % len(seeds)]
        items = self.subject(other).items[entry.source].report
        dictionary_seed = self.study.dictionary_seeds()[0]
        unit_set = self.bench.unit_set(self.layer, other, dictionary_seed, entry, value)
        return sparse.csr_array(unit_set.dictionary.transform(items))

    def _asked(self) -> set[Key]:
        return judging.needed(self._pooled(scored=False).values(), self.study.places(self.layer))

    def _pooled(self, scored: bool) -> Mapping[Key, Evaluation]:
        """Every setting over all seeds: its scores if it has any, or its fidelity alone."""
        seeds = self.study.network_seeds()
        subject = self.subject(seeds[0])
        found: dict[Key, Evaluation] = {}
        for entry, value in self.points(0):
            by_network = [
                [
                    self._kept(seed, number, entry, value, scored)
                    for number in range(self.study.dictionaries)
                    if self.has(number, entry)
                ]
                for seed in seeds
            ]
            found[_key(entry, value)] = judging.pool(by_network, [subject])
        return found

    def _kept(self, seed: int, number: int, entry: Entry, value: float, scored: bool) -> Evaluation:
        name = _file(number, entry, value)
        path = self.bench.folder.cell(self.layer, f"score-{seed}-{number}", name)
        if not scored or not path.exists():
            path = self.bench.folder.cell(self.layer, f"look-{seed}", name)
        return measures.load_evaluation(path)


# What fitting one point takes on two cores, in seconds; what is not named takes next to nothing.
_SECONDS = {
    "TopKSAE": 2.5,
    "BatchTopKSAE": 2.5,
    "MatryoshkaSAE": 2.5,
    "FrozenDecoderSAE": 2.5,
    "JumpReLUSAE": 8.0,
    "MatchingPursuitSAE": 16.0,
    "ArchetypalSAE": 20.0,
    "FastICA": 2.0,
    "NMF": 4.0,
    "KMeans": 1.5,
    "CodebookVQ": 4.0,
}


def _key(entry: Entry, value: float) -> Key:
    """As :attr:`~sememe.judging.UnitSet.key`."""
    return entry.sweep.title, tuple(sorted(entry.settings(value).items()))


def _file(number: int, entry: Entry, value: float) -> str:
    return f"{entry.point(value)}-{number}.npz"
