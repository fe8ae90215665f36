"""``sememe study monosemanticity``: are features more monosemantic than neurons, whatever the seeds?

Networks of several seeds, on each of them dictionaries of several seeds, families and sparsities, beside all
controls, judged by every family of measures where they are equally faithful or equally sparse. Intervals come
from a bootstrap over images, units and seeds together.
"""

from pathlib import Path

from sememe import files, judging
from sememe.errors import RunError
from sememe.measures import MeasureTable
from sememe.runs.stage import Stage
from sememe.studies import subjects
from sememe.studies.bench import Bench, of_layer
from sememe.studies.folder import StudyFolder
from sememe.studies.layer_work import LayerWork
from sememe.studies.monosemanticity_design import MonosemanticityDesign
from sememe.studies.monosemanticity_findings import findings
from sememe.studies.study import Findings


class Monosemanticity(MonosemanticityDesign):
    """The design as stages, and what they found."""

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


def _read(path: Path) -> MeasureTable:
    if not path.exists():
        raise RunError(f"There is no table at {path}: finish the study with the command that began it.")
    return MeasureTable.from_dict(files.read_json(path))
