"""overcomplete: the ``state_dict`` of one of its modules, and ``overcomplete.json`` beside it.

overcomplete has no format of its own. A ``state_dict`` holds ``encoder.final_block.0.weight (K, d)``, its
``bias``, ``dictionary._weights (K, d)`` and ``dictionary.multiplier`` (log scale), with ``thresholds`` (log)
for JumpSAE and ``dictionary.{C, W, Relax}`` for relaxed archetypal dictionaries, but neither the class nor
how many components are kept. ``overcomplete.json`` does, by the names of the constructor's arguments::

    {"class": "TopKSAE", "top_k": 8, "dictionary_params": {"normalization": "l2"}, "offset": [...]}

The modules have no decoder bias. A dictionary that is written here encodes items as they are and is decoded
to ``x_hat - offset``; ``offset`` stands in the JSON file. To use it there::

    module = TopKSAE(d, nb_concepts=K, top_k=8)
    module.load_state_dict(safetensors.torch.load_file("folder/state_dict.safetensors"))
    module.eval()
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float64
from torch import Tensor

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.formats.autoencoder import Autoencoder, rounded
from sememe.dictionaries.formats.peer_files import (
    checked,
    one_of,
    positive_integer,
    positive_number,
    read_settings,
    read_state_dict,
    section,
    sizes_of,
    write_tensors,
)
from sememe.errors import FormatError
from sememe.files import whole_folder, write_json

_SETTINGS, _WEIGHTS = "overcomplete.json", "state_dict.safetensors"

_ENCODER, _BIAS = "encoder.final_block.0.weight", "encoder.final_block.0.bias"

_CLASSES = {
    "SAE": "standard",
    "TopKSAE": "topk",
    "RATopKSAE": "topk",
    "BatchTopKSAE": "jumprelu",
    "JumpSAE": "jumprelu",
    "RAJumpSAE": "jumprelu",
}

# What its dictionary layer does to the atoms each time that it is used.
_NORMALISATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "l2": lambda atoms: atoms / (atoms.norm(dim=1, keepdim=True) + 1e-8),
    "max_l2": lambda atoms: atoms / atoms.norm(dim=1).max(),
    "l1": lambda atoms: atoms / (atoms.abs().sum(dim=1, keepdim=True) + 1e-8),
    "max_l1": lambda atoms: atoms / atoms.abs().sum(dim=1).max(),
    "identity": lambda atoms: atoms,
}


def recognises(path: Path) -> bool:
    """Whether this is a folder with its settings, or a file that holds one of its modules."""
    if path.is_dir():
        return (path / _SETTINGS).is_file()
    if path.name == _SETTINGS:
        return True
    if path.suffix not in (".pt", ".pth", ".safetensors") or not path.is_file():
        return False
    return "dictionary.multiplier" in read_state_dict(path)


def read(path: Path) -> Dictionary:
    """The dictionary in a folder with ``overcomplete.json``, or in the file of a ``state_dict``."""
    settings_path = (path if path.is_dir() else path.parent) / _SETTINGS
    settings = read_settings(settings_path) if settings_path.is_file() else {}
    weights = _weights_file(path)
    tensors = read_state_dict(weights)
    name = _class_name(settings_path, weights, settings, tensors)
    foreign = [key for key in tensors if key.startswith("encoder.") and key not in (_ENCODER, _BIAS)]
    if foreign or _ENCODER not in tensors:
        raise FormatError(
            f"{weights}: the encoder has {foreign or 'no weights'}, but only the linear one can be imported, "
            f"which has {_ENCODER} and {_BIAS}."
        )
    d_sae, d_in = sizes_of(weights, tensors, _ENCODER)
    expected = {_ENCODER: (d_sae, d_in), _BIAS: (d_sae,), "dictionary.multiplier": ()}
    if name.startswith("RA"):
        n_points = sizes_of(weights, tensors, "dictionary.C")[0]
        expected |= {"dictionary.C": (n_points, d_in), "dictionary.W": (d_sae, n_points)}
        expected["dictionary.Relax"] = (d_sae, d_in)
    else:
        expected["dictionary._weights"] = (d_sae, d_in)
    if "Jump" in name:
        expected["thresholds"] = (d_sae,)
    theirs = checked(weights, tensors, expected)
    ours = {
        "W_enc": theirs[_ENCODER].T,
        "b_enc": theirs[_BIAS],
        "W_dec": _atoms(settings_path, settings, theirs),
        "b_dec": _offset(settings_path, settings, d_in),
    }
    if _CLASSES[name] == "jumprelu":
        ours["threshold"] = _threshold(settings_path, settings, theirs, d_sae)
    k = positive_integer(settings_path, settings, "top_k") if _CLASSES[name] == "topk" else None
    return Autoencoder(_CLASSES[name], ours, k).with_centring().fitted()


def write(dictionary: Dictionary, path: Path) -> None:
    """Write a folder with ``state_dict.safetensors`` and ``overcomplete.json``; whole or not at all.

    Raises:
        DictionaryError: overcomplete has no such module.
    """
    autoencoder = Autoencoder.of(dictionary, "overcomplete", ("standard", "topk", "jumprelu"))
    autoencoder = autoencoder.without_centring()
    lengths = autoencoder.atom_lengths()
    settings: dict[str, Any] = {
        "class": {"standard": "SAE", "topk": "TopKSAE", "jumprelu": "JumpSAE"}[autoencoder.architecture],
        "input_shape": autoencoder.d_in,
        "nb_concepts": autoencoder.d_sae,
        "offset": rounded(autoencoder.tensors)["b_dec"].tolist(),
    }
    if not torch.allclose(lengths, torch.ones_like(lengths), atol=1e-6, rtol=0):
        settings["dictionary_params"] = {"normalization": "identity"}
    ours = rounded(autoencoder.tensors)
    theirs = {
        _ENCODER: ours["W_enc"].T,
        _BIAS: ours["b_enc"],
        "dictionary._weights": ours["W_dec"],
        "dictionary.multiplier": torch.tensor(0.0),
    }
    if autoencoder.architecture == "topk":
        settings["top_k"] = autoencoder.k
    if autoencoder.architecture == "jumprelu":
        # A threshold of 0 has no logarithm: the smallest normal number lets as much through.
        theirs["thresholds"] = ours["threshold"].clamp_min(torch.finfo(torch.float32).tiny).log()
    with whole_folder(path) as partial:
        write_json(partial / _SETTINGS, settings)
        write_tensors(partial / _WEIGHTS, theirs)


def _weights_file(path: Path) -> Path:
    if path.is_file() and path.name != _SETTINGS:
        return path
    folder = path if path.is_dir() else path.parent
    found = sorted(file for file in folder.iterdir() if file.suffix in (".pt", ".pth", ".safetensors"))
    if len(found) != 1:
        names = [file.name for file in found]
        raise FormatError(
            f"{folder} should hold one state_dict beside {_SETTINGS}, but holds {names}: name the file."
        )
    return found[0]


def _class_name(path: Path, weights: Path, settings: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> str:
    if "class" in settings:
        return one_of(path, settings, "class", _CLASSES)
    if "thresholds" in tensors:
        return "RAJumpSAE" if "dictionary.C" in tensors else "JumpSAE"
    raise FormatError(
        f"{weights} does not say of which class it is the state_dict: write {path.name} beside it, such as "
        '{"class": "TopKSAE", "top_k": 8}.'
    )


def _atoms(
    path: Path, settings: Mapping[str, Any], theirs: Mapping[str, Tensor]
) -> Float64[Tensor, "components neurons"]:
    if "dictionary.C" in theirs:
        mixture = theirs["dictionary.W"].relu()
        mixture = mixture / (mixture.sum(dim=1, keepdim=True) + 1e-8)
        relax = theirs["dictionary.Relax"]
        limit = positive_number(path, {"delta": 1.0, **settings}, "delta") / relax.norm(dim=1, keepdim=True)
        atoms = mixture @ theirs["dictionary.C"] + relax * limit.clamp_max(1)
    else:
        parameters = {"normalization": "l2"} | section(path, settings, "dictionary_params")
        normalise = _NORMALISATIONS[one_of(path, parameters, "normalization", _NORMALISATIONS)]
        atoms = normalise(theirs["dictionary._weights"])
    return atoms * theirs["dictionary.multiplier"].exp()


def _threshold(
    path: Path, settings: Mapping[str, Any], theirs: Mapping[str, Tensor], d_sae: int
) -> Float64[Tensor, " components"]:
    if "thresholds" in theirs:
        return theirs["thresholds"].exp()
    # Its module keeps the threshold of BatchTopK outside of the state_dict.
    threshold = positive_number(path, settings, "running_threshold")
    return torch.full((d_sae,), threshold, dtype=torch.float64)


def _offset(path: Path, settings: Mapping[str, Any], d_in: int) -> Float64[Tensor, " neurons"]:
    offset = settings.get("offset", [0.0] * d_in)
    numbers = isinstance(offset, list) and all(isinstance(value, int | float) for value in offset)
    if not numbers or len(offset) != d_in:
        raise FormatError(f"{path}: offset should be a list of {d_in} numbers, one for each neuron.")
    return torch.tensor(offset, dtype=torch.float64)
