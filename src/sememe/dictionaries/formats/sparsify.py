"""sparsify: ``cfg.json`` and ``sae.safetensors``, in a folder for each layer.

``encoder.weight (n, d)``, ``encoder.bias``, ``W_dec (n, d)``, ``b_dec``: of one orientation, unlike SAELens'
pair. The only architecture is TopK, of one layer or, with ``transcode``, from one to another of the same
width, with or without ``W_skip (d, d)``; what else its settings can say is refused by name.
"""

from pathlib import Path
from typing import Any

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.formats import transcoding
from sememe.dictionaries.formats.autoencoder import Autoencoder, rounded
from sememe.dictionaries.formats.peer_files import (
    checked,
    flag,
    positive_integer,
    read_settings,
    refuse_other_than,
    write_tensors,
)
from sememe.dictionaries.tensors import read_tensors
from sememe.dictionaries.transcoder import Transcoder
from sememe.errors import DictionaryError
from sememe.files import whole_folder, write_json

_CONFIGURATION, _WEIGHTS = "cfg.json", "sae.safetensors"

# Settings that change the codes or the reconstruction, and why no dictionary of ours does the same.
_REFUSED: tuple[tuple[str, Any, str], ...] = (
    ("activation", "topk", "components that compete in groups are another architecture"),
    ("signed", False, "codes that are chosen by magnitude and keep their sign are another architecture"),
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
    transcodes = flag(cfg_path, cfg, "transcode", default=False)
    if not transcodes:
        why = "a dictionary of one layer reconstructs from its codes alone"
        refuse_other_than(cfg_path, cfg, "skip_connection", False, why)
    skips = flag(cfg_path, cfg, "skip_connection", default=False)
    expected = {"encoder.weight": (n, d), "encoder.bias": (n,), "W_dec": (n, d), "b_dec": (d,)}
    expected |= {"W_skip": (d, d)} if skips else {}
    tensors = checked(weights_path, read_tensors(weights_path), expected)
    ours = {
        "W_enc": tensors["encoder.weight"].T,
        "b_enc": tensors["encoder.bias"],
        "W_dec": tensors["W_dec"],
        "b_dec": tensors["b_dec"],
    } | ({"W_skip": tensors["W_skip"]} if skips else {})
    if transcodes:
        return transcoding.fitted(cfg_path, ours, k)
    return Autoencoder("topk", ours, k).fitted()


def write(dictionary: Dictionary, path: Path) -> None:
    """Write the folder of one layer; it appears whole or not at all.

    Raises:
        DictionaryError: the dictionary is not a TopK autoencoder, nor a TopK transcoder between layers of the
            same width.
    """
    transcodes = isinstance(dictionary, Transcoder)
    if isinstance(dictionary, Transcoder):
        tensors = transcoding.tensors_of(dictionary, "sparsify", "topk")
        k = dictionary.k
        d_in, d_out = dictionary.n_features_in_, len(dictionary.offset_)
        if d_in != d_out:
            raise DictionaryError(
                f"sparsify has transcoders between layers of the same width, but this one goes from {d_in} "
                f"neurons to {d_out}: keep it with sememe.dictionaries.save."
            )
    else:
        autoencoder = Autoencoder.of(dictionary, "sparsify", ("topk",))
        assert autoencoder.k is not None
        tensors, k, d_in = rounded(autoencoder.tensors), autoencoder.k, autoencoder.d_in
    n = tensors["W_dec"].shape[0]
    cfg = {
        "activation": "topk",
        "d_in": d_in,
        "expansion_factor": max(1, n // d_in),
        "k": k,
        "multi_topk": False,
        "normalize_decoder": True,
        "num_latents": n,
        "skip_connection": "W_skip" in tensors,
        "transcode": transcodes,
    }
    theirs = {
        "encoder.weight": tensors["W_enc"].T,
        "encoder.bias": tensors["b_enc"],
        "W_dec": tensors["W_dec"],
        "b_dec": tensors["b_dec"],
    } | ({"W_skip": tensors["W_skip"]} if "W_skip" in tensors else {})
    with whole_folder(path) as partial:
        write_json(partial / _CONFIGURATION, cfg)
        write_tensors(partial / _WEIGHTS, theirs)
