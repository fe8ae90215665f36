"""The explorer's small run with what a finished run has: one layer measured, twins, training, concepts."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa

from sememe import dictionaries, files, measures
from sememe.explorer.live.run_data import RunData
from sememe.runs.unit_table import unit_rows, write_units

LAYER = "digit_mlp.hidden1"


def complete(run: Path, folder: Path) -> Path:
    """Copy an unfinished run and finish one of its layers."""
    shutil.copytree(run, folder)
    _train(folder)
    _fit_a_twin(folder)
    data = RunData(folder)
    _measure(folder, data)
    record = files.read_json(folder / "run.json")
    record |= {"status": "finished", "stages": [{"name": "fit", "seconds": 2.5}], "peak_memory_bytes": 2**28}
    files.write_json(folder / "run.json", record)
    return folder


def _train(folder: Path) -> None:
    for name in ("digit_mlp", "digit_cnn"):
        told = {"accuracy": 0.8, "test_images": 100, "seconds": 1.5, "losses": [2.0, 1.0, 0.5]}
        files.write_json(folder / "network" / f"{name}.json", told)
    shutil.copytree(folder / "network" / "digit_mlp", folder / "network" / "digit_mlp.second")


def _fit_a_twin(folder: Path) -> None:
    values = RunData(folder).layer(LAYER).items.values
    twin = dictionaries.TopKSAE(k=4, n_components=40, random_state=1, max_steps=20, batch_size=64)
    dictionaries.save(twin.fit(values), folder / "dictionaries" / LAYER / "twins" / "TopKSAE-k4")


def _measure(folder: Path, data: RunData) -> None:
    layer = data.layer(LAYER)
    items, shown = layer.items, data.images
    assert shown.labels is not None
    evidence = measures.evidence(
        measures.resample(len(shown), replicates=20, groups=20),
        image=items.image,
        labels=shown.labels[items.image],
        n_classes=10,
        embeddings={"encoder": shown.floats().reshape(len(shown), -1)[items.image]},
    )
    found, rows = [], []
    for unit_set in layer.unit_sets:
        codes = unit_set.dictionary.transform(items.values)
        back = unit_set.dictionary.decode(codes.toarray()).astype(np.float32)
        evaluation = measures.evaluate(
            codes,
            evidence,
            name=unit_set.family,
            settings={unit_set.parameter: unit_set.value},
            reconstruction=(items.values, back),
        )
        found.append(evaluation)
        rows.append(unit_rows(unit_set.key, evaluation))
    controls = [each.family for each in layer.unit_sets if each.kind != "features"]
    table = measures.compare(layer.layer, found, controls=sorted(set(controls)), fvu=(0.9,), l0=(4,))
    write_units(
        folder / "measures" / f"{LAYER}.units.parquet", pa.concat_tables(rows, promote_options="default")
    )
    files.write_json(folder / "measures" / f"{LAYER}.json", table.to_dict())
