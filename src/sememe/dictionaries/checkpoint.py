"""The state of a training on disk: whole or absent, and never taken for that of another training."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from sememe.activations import Moments
from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.items import Items
from sememe.dictionaries.learner import Learner
from sememe.dictionaries.tensors import check_tensors, read_tensors
from sememe.errors import DictionaryError, FormatError
from sememe.files import read_json, whole_folder, write_bytes, write_json

_FORMAT = "sememe-checkpoint-1"
_RECORD, _TENSORS = "checkpoint.json", "checkpoint.safetensors"


def write_checkpoint(folder: Path, identity: dict[str, Any], step: int, learners: Sequence[Learner]) -> None:
    """Replace the checkpoint in ``folder``; ``identity`` says which training it belongs to."""
    tensors = {name: value.cpu().contiguous() for name, value in _state(learners).items()}
    with whole_folder(folder) as partial:
        write_json(partial / _RECORD, {"format": _FORMAT, "step": step, "identity": identity})
        write_bytes(partial / _TENSORS, save(tensors))


def read_checkpoint(folder: Path, identity: dict[str, Any], learners: Sequence[Learner]) -> int:
    """Put the learners where the checkpoint left them; the number of steps already taken.

    Raises:
        FormatError: the checkpoint is damaged, or another training's: the first difference is named.
    """
    record = read_json(folder / _RECORD)
    if not isinstance(record, dict) or record.get("format") != _FORMAT:
        raise FormatError(f"{folder / _RECORD} is not a checkpoint of this version: remove the folder.")
    _refuse_another(folder, record.get("identity"), identity)
    step = record.get("step")
    if not isinstance(step, int) or step < 1:
        raise FormatError(
            f"{folder / _RECORD} should give step as a positive integer, but {step!r} stands there: remove "
            "the folder."
        )
    tensors = read_tensors(folder / _TENSORS)
    expected = {name: tuple(value.shape) for name, value in _state(learners).items()}
    check_tensors(folder / _TENSORS, tensors, expected)
    for number, learner in enumerate(learners):
        prefix = f"{number}."
        mine = {n.removeprefix(prefix): value for n, value in tensors.items() if n.startswith(prefix)}
        learner.load_state(mine)
    return step


def training_identity(saes: Sequence[Dictionary], items: Items, found: Moments) -> dict[str, Any]:
    """What two trainings must have in common for one to go on from the other's checkpoint.

    Raises:
        DictionaryError: a ``random_state`` is not an integer, so that no other training can be the same.
    """
    described = []
    for sae in saes:
        parameters = {key: value for key, value in sae.get_params().items() if key != "device"}
        seed = parameters["random_state"]
        if not isinstance(seed, int):
            raise DictionaryError(f"A checkpoint needs an integer random_state, but {seed!r} arrived.")
        described.append({"name": type(sae).__name__, "parameters": parameters})
    data = {"items": len(items), "neurons": items.n_neurons, "variance": found.total_variance}
    return {"dictionaries": described, "data": data}


def _state(learners: Sequence[Learner]) -> dict[str, Tensor]:
    return {
        f"{number}.{name}": value
        for number, learner in enumerate(learners)
        for name, value in learner.state().items()
    }


def _refuse_another(folder: Path, found: Any, expected: dict[str, Any]) -> None:
    found = _flat(found)
    wanted = _flat(json.loads(json.dumps(expected)))
    for key in sorted(found.keys() | wanted.keys()):
        if found.get(key) != wanted.get(key):
            raise FormatError(
                f"The checkpoint {folder} belongs to another training: {key} is {found.get(key)!r} there and "
                f"{wanted.get(key)!r} here; choose another folder, or remove it to begin anew."
            )


def _flat(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        nested = [_flat(inner, f"{prefix}.{key}" if prefix else str(key)) for key, inner in value.items()]
        return {key: inner for part in nested for key, inner in part.items()}
    if isinstance(value, list):
        return _flat(dict(enumerate(value)), prefix)
    return {prefix: value}
