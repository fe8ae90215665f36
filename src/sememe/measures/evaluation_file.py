"""An evaluation on disk, so that a long study scores each unit set once."""

import io
import json
import zipfile
from pathlib import Path

import numpy as np

from sememe import files
from sememe.errors import FormatError
from sememe.measures.bootstrap import Estimate
from sememe.measures.evaluation import Evaluation
from sememe.measures.record import registry
from sememe.measures.unit_scores import UnitScores

VERSION = 2
_MEANS = ("mean", "alive", "corrected")
_ENDS = ("low", "high")


def save_evaluation(path: Path, evaluation: Evaluation) -> None:
    """Write an evaluation with all of its replicates, as ``.npz`` without pickle, whole or not at all."""
    arrays: dict[str, np.ndarray] = {"density": evaluation.density}
    if evaluation.scored is not None:
        arrays["scored"] = evaluation.scored
    for number, estimate in enumerate(evaluation.sets.values()):
        _put(arrays, f"set.{number}", estimate)
    for number, scores in enumerate(evaluation.units.values()):
        arrays[f"unit.{number}.values"], arrays[f"unit.{number}.null"] = scores.values, scores.null
        for mean in _MEANS:
            _put(arrays, f"unit.{number}.{mean}", getattr(scores, mean))
        for end in _ENDS:
            if (found := getattr(scores, end)) is not None:
                arrays[f"unit.{number}.{end}"] = found
    about = {
        "version": VERSION,
        "name": evaluation.name,
        "settings": dict(evaluation.settings),
        "n_items": evaluation.n_items,
        "n_images": evaluation.n_images,
        "n_groups": evaluation.n_groups,
        "n_units": evaluation.n_units,
        "n_dead": evaluation.n_dead,
        "sets": list(evaluation.sets),
        "units": list(evaluation.units),
    }
    arrays["about"] = np.array(json.dumps(about))
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays)  # type: ignore[arg-type]
    files.write_bytes(path, stream.getvalue())


def load_evaluation(path: Path) -> Evaluation:
    """The evaluation that :func:`save_evaluation` wrote.

    Raises:
        FormatError: the file is damaged, of another version, or names a measure that there is not.
    """
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as content:
            arrays = {name: content[name] for name in content.files}
        about = json.loads(str(arrays["about"]))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        why = files.unreadable(error)
        raise FormatError(f"{path} is not an evaluation ({why}): remove it and score again.") from None
    unknown = [key for key in about["units"] if key.partition("[")[0] not in registry()]
    if about["version"] != VERSION or unknown:
        raise FormatError(f"{path} was written by another version of Sememe: remove it and score again.")
    units = {}
    for number, key in enumerate(about["units"]):
        place = f"unit.{number}"
        mean, alive, corrected = (_get(arrays, f"{place}.{mean}") for mean in _MEANS)
        units[key] = UnitScores(
            record=registry()[key.partition("[")[0]],
            values=arrays[f"{place}.values"],
            null=arrays[f"{place}.null"],
            mean=mean,
            alive=alive,
            corrected=corrected,
            low=arrays.get(f"{place}.low"),
            high=arrays.get(f"{place}.high"),
        )
    return Evaluation(
        name=about["name"],
        settings=about["settings"],
        n_items=about["n_items"],
        n_images=about["n_images"],
        n_groups=about["n_groups"],
        n_units=about["n_units"],
        n_dead=about["n_dead"],
        density=arrays["density"],
        sets={key: _get(arrays, f"set.{number}") for number, key in enumerate(about["sets"])},
        units=units,
        scored=arrays.get("scored"),
    )


def _put(arrays: dict[str, np.ndarray], place: str, estimate: Estimate) -> None:
    arrays[f"{place}.value"] = np.array(estimate.value)
    arrays[f"{place}.drawn"], arrays[f"{place}.by_seed"] = estimate.replicates, estimate.by_seed


def _get(arrays: dict[str, np.ndarray], place: str) -> Estimate:
    return Estimate(float(arrays[f"{place}.value"]), arrays[f"{place}.drawn"], arrays[f"{place}.by_seed"])
