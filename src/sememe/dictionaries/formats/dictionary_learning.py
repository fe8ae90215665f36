"""dictionary_learning: ``ae.pt`` and ``config.json``, in a folder for each trainer.

Its classes name and orient the same weights in three ways, and only ``JumpReluAutoEncoder`` and
``AutoEncoderNew`` encode items without subtracting the decoder's bias. An unfinished training leaves a backup
under the name ``ae.pt``, ``{step, ae, optimizer, config, norm_factor}``, in the units of the scaled items.
"""

from collections.abc import Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.formats.autoencoder import Autoencoder, rounded
from sememe.dictionaries.formats.dictionary_learning_classes import CLASSES
from sememe.dictionaries.formats.peer_files import (
    checked,
    one_of,
    positive_integer,
    positive_number,
    read_settings,
    read_torch,
    section,
    sizes_of,
    tensors_in,
    write_torch,
)
from sememe.errors import FormatError
from sememe.files import whole_folder, write_json

_WEIGHTS, _CONFIGURATION = "ae.pt", "config.json"

# The class that an architecture is written as, where nothing speaks for another.
_USUAL = {
    "standard": "AutoEncoder",
    "topk": "AutoEncoderTopK",
    "jumprelu": "JumpReluAutoEncoder",
    "gated": "GatedAutoEncoder",
}


def recognises(path: Path) -> bool:
    """Whether this is the folder of a trainer, or a file that holds one of its classes or a backup."""
    if path.is_dir():
        return (path / _WEIGHTS).is_file()
    if path.suffix != ".pt" or not path.is_file():
        return False
    found = read_torch(path)
    return isinstance(found, dict) and ("ae" in found or bool(_candidates(found)))


def read(path: Path) -> Dictionary:
    """The dictionary of one trainer, as ``load_dictionary`` there loads it."""
    path = path / _WEIGHTS if path.is_dir() else path
    settings, found, factor = _settings(path), read_torch(path), 1.0
    if isinstance(found, dict) and isinstance(found.get("ae"), dict):
        settings = settings or section(path, found, "config")
        factor = _norm_factor(path, found)
        found = found["ae"]
    tensors = tensors_in(path, found)
    name = _class_name(path, settings, tensors)
    autoencoder = _autoencoder(path, settings, tensors, name)
    if factor != 1.0:
        autoencoder = autoencoder.with_biases_scaled(factor)
    if not CLASSES[name].centres:
        autoencoder = autoencoder.with_centring()
    lengths = autoencoder.atom_lengths()
    if name == "AutoEncoder" and not _unit(lengths):
        # Its loader does so to this class alone; an atom of zeros stays one.
        autoencoder = autoencoder.with_atoms_divided(torch.where(lengths > 0, lengths, 1.0))
    return autoencoder.fitted()


def write(dictionary: Dictionary, path: Path) -> None:
    """Write the folder of one trainer; it appears whole or not at all.

    Raises:
        DictionaryError: dictionary_learning has no such class.
    """
    autoencoder = Autoencoder.of(dictionary, "dictionary_learning", tuple(_USUAL))
    name = _class_for(autoencoder)
    described = CLASSES[name]
    if not described.centres:
        autoencoder = autoencoder.without_centring()
    ours = rounded(autoencoder.tensors)
    theirs = described.from_ours(ours)
    trainer: dict[str, Any] = {
        "trainer_class": described.trainer,
        "dict_class": name,
        "activation_dim": autoencoder.d_in,
        "dict_size": autoencoder.d_sae,
        "layer": None,
        "lm_name": None,
        "submodule_name": None,
    }
    if described.buffers:
        assert autoencoder.k is not None
        trainer["k"] = autoencoder.k
        theirs["k"] = torch.tensor(autoencoder.k, dtype=torch.int32)
        # -1 is its word for a threshold that was never learned.
        theirs["threshold"] = ours["threshold"][0].clone() if "threshold" in ours else torch.tensor(-1.0)
    if "group_sizes" in described.buffers:
        trainer["group_sizes"] = [b - a for a, b in pairwise((0, *autoencoder.prefixes))]
        theirs["group_sizes"] = torch.tensor(trainer["group_sizes"])
    with whole_folder(path) as partial:
        write_json(partial / _CONFIGURATION, {"trainer": trainer, "buffer": {}})
        write_torch(partial / _WEIGHTS, theirs)


def _settings(path: Path) -> dict[str, Any]:
    """The trainer's settings, from beside the file or, for one under checkpoints/, from above it."""
    folder = path.parent.parent if path.parent.name == "checkpoints" else path.parent
    if not (folder / _CONFIGURATION).is_file():
        return {}
    return section(folder / _CONFIGURATION, read_settings(folder / _CONFIGURATION), "trainer")


def _norm_factor(path: Path, backup: Mapping[str, Any]) -> float:
    """What the items were divided by; weights of a finished training are already multiplied by it."""
    factor = backup.get("norm_factor")
    if isinstance(factor, Tensor) and factor.numel() == 1:
        factor = factor.item()
    return 1.0 if factor is None else positive_number(path, {"norm_factor": factor}, "norm_factor")


def _candidates(tensors: Mapping[str, Any]) -> list[str]:
    return [name for name, described in CLASSES.items() if described.keys() == set(tensors)]


def _class_name(path: Path, settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    if "dict_class" in settings:
        return one_of(path, settings, "dict_class", CLASSES)
    candidates = _candidates(tensors)
    if len(candidates) != 1:
        fits = f"fit {' and '.join(candidates)}" if candidates else f"fit none of {', '.join(CLASSES)}"
        raise FormatError(
            f"{path}: the tensors {sorted(tensors)} {fits}, and there is no {_CONFIGURATION} that gives "
            "trainer.dict_class: put it beside the file."
        )
    return candidates[0]


def _autoencoder(
    path: Path, settings: Mapping[str, Any], tensors: Mapping[str, Tensor], name: str
) -> Autoencoder:
    described = CLASSES[name]
    if {"activation_dim", "dict_size"} <= set(settings):
        d_in = positive_integer(path.parent / _CONFIGURATION, settings, "activation_dim")
        d_sae = positive_integer(path.parent / _CONFIGURATION, settings, "dict_size")
    else:
        own = described.names["W_enc"]
        first, second = sizes_of(path, tensors, own.removesuffix(".T"))
        d_in, d_sae = (second, first) if own.endswith(".T") else (first, second)
    expected = described.shapes(d_in, d_sae)
    if name == "AutoEncoderTopK":
        # Early versions kept no buffers with the weights, and the threshold is not used to encode.
        absent = set(described.buffers) - set(tensors)
        expected = {key: shape for key, shape in expected.items() if key not in absent}
    if "group_sizes" in tensors:
        expected["group_sizes"] = (tensors["group_sizes"].numel(),)
    theirs = checked(path, tensors, expected)
    ours = described.to_ours(theirs)
    if described.kind is not None:
        ours["threshold"] = theirs["threshold"].clamp_min(0).expand(d_sae)
    k = _k(path, settings, theirs) if described.buffers else None
    prefixes = tuple(accumulate(int(size) for size in theirs.get("group_sizes", ())))
    if prefixes and prefixes[-1] != d_sae:
        raise FormatError(
            f"{path}: group_sizes should add up to the {d_sae} components, but come to {prefixes[-1]}."
        )
    return Autoencoder(described.architecture, ours, k, described.kind, prefixes)


def _k(path: Path, settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> int:
    said = {"k": settings["k"]} if "k" in settings else {}
    if "k" in tensors:
        stored = {"k": int(tensors["k"])}
        if said and said != stored:
            raise FormatError(f"{path}: tensor k is {stored['k']}, but {_CONFIGURATION} gives {said['k']!r}.")
        said = stored
    return positive_integer(path, said, "k")


def _class_for(autoencoder: Autoencoder) -> str:
    if autoencoder.architecture == "standard" and not _unit(autoencoder.atom_lengths()):
        return "AutoEncoderNew"  # the loader of AutoEncoder would divide the atoms, and so change the codes
    if autoencoder.prefixes:  # BatchTopK has one, of all components
        return "MatryoshkaBatchTopKSAE" if len(autoencoder.prefixes) > 1 else "BatchTopKSAE"
    return _USUAL[autoencoder.architecture]


def _unit(lengths: Tensor) -> bool:
    return torch.allclose(lengths.float(), torch.ones(len(lengths)))
