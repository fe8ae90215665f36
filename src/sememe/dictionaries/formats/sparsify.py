"""sparsify: ``cfg.json`` and ``sae.safetensors``, in a folder for each layer.

``encoder.weight (n, d)``, ``encoder.bias``, ``W_dec (n, d)``, ``b_dec``: of one orientation, unlike SAELens'
pair. The only architecture is TopK; what else its settings can say is refused by name.
"""

from pathlib import Path
from typing import Any

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.formats.autoencoder import Autoencoder, rounded
from sememe.dictionaries.formats.peer_files import (
    checked,
    positive_integer,
    read_settings,
    refuse_other_than,
    write_tensors,
)
from sememe.dictionaries.tensors import read_tensors
from sememe.files import whole_folder, write_json

_CONFIGURATION, _WEIGHTS = "cfg.json", "sae.safetensors"

# Settings that change the codes or the reconstruction, and why no dictionary of ours does the same.
_REFUSED: tuple[tuple[str, Any, str], ...] = (
    ("activation", "topk", "components that compete in groups are another architecture"),
    ("signed", False, "codes that are chosen by magnitude and keep their sign are another architecture"),
    ("transcode", False, "a transcoder reconstructs another layer than the one it encodes"),
    ("skip_connection", False, "a dictionary reconstructs from its codes alone"),
)


def recognises(path: Path) -> bool:
    """Whether this is the folder of one layer, or one of its two files."""
    if path.is_dir():
        return (path / _CONFIGURATION).is_file() and (path / _WEIGHTS).is_file()
    return path.name in (_CONFIGURATION, _WEIGHTS) and recognises(path.parent)


def read(path: Path) -> Dictionary:
    """The dictionary in the folder of one layer."""
    folder = path if path.is_dir() else path.parent
    cfg_path, weights_path = folder / _CONFIGURATION, folder / _WEIGHTS
    cfg = read_settings(cfg_path)
    for key, value, why in _REFUSED:
        refuse_other_than(cfg_path, cfg, key, value, why)
    d, k = positive_integer(cfg_path, cfg, "d_in"), positive_integer(cfg_path, cfg, "k")
    # 0 latents, its default, mean as many as the expansion factor says.
    n = cfg.get("num_latents") or d * positive_integer(cfg_path, cfg, "expansion_factor")
    n = positive_integer(cfg_path, {"num_latents": n}, "num_latents")
    expected = {"encoder.weight": (n, d), "encoder.bias": (n,), "W_dec": (n, d), "b_dec": (d,)}
    tensors = checked(weights_path, read_tensors(weights_path), expected)
    ours = {
        "W_enc": tensors["encoder.weight"].T,
        "b_enc": tensors["encoder.bias"],
        "W_dec": tensors["W_dec"],
        "b_dec": tensors["b_dec"],
    }
    return Autoencoder("topk", ours, k).fitted()


def write(dictionary: Dictionary, path: Path) -> None:
    """Write the folder of one layer; it appears whole or not at all.

    Raises:
        DictionaryError: the dictionary is not a TopK autoencoder.
    """
    autoencoder = Autoencoder.of(dictionary, "sparsify", ("topk",))
    tensors = rounded(autoencoder.tensors)
    cfg = {
        "activation": "topk",
        "d_in": autoencoder.d_in,
        "expansion_factor": max(1, autoencoder.d_sae // autoencoder.d_in),
        "k": autoencoder.k,
        "multi_topk": False,
        "normalize_decoder": True,
        "num_latents": autoencoder.d_sae,
        "skip_connection": False,
        "transcode": False,
    }
    theirs = {
        "encoder.weight": tensors["W_enc"].T,
        "encoder.bias": tensors["b_enc"],
        "W_dec": tensors["W_dec"],
        "b_dec": tensors["b_dec"],
    }
    with whole_folder(path) as partial:
        write_json(partial / _CONFIGURATION, cfg)
        write_tensors(partial / _WEIGHTS, theirs)
