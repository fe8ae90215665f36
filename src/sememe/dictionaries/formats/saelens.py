"""SAELens: ``cfg.json`` and ``sae_weights.safetensors``.

``W_enc (d_in, d_sae)``, ``b_enc``, ``W_dec (d_sae, d_in)``, ``b_dec``; jumprelu adds ``threshold``, gated has
``b_gate``, ``r_mag`` and ``b_mag`` in place of ``b_enc``; transcoders have ``W_dec (d_sae, d_out)``, and
``W_skip (d_out, d_in)`` if they skip. Read from SAELens 6, and what it reads of earlier versions; our own
``save`` writes the same files, so that exporting is saving without what only we read.

What SAELens does with its options when it encodes is folded into the weights: ``apply_b_dec_to_input``,
``rescale_acts_by_decoder_norm``, and the scale of ``expected_average_only_in`` where the checkpoint has it.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sememe.dictionaries.dictionary import Dictionary
from sememe.dictionaries.formats import transcoding
from sememe.dictionaries.formats.autoencoder import KINDS, Autoencoder, rounded, shapes
from sememe.dictionaries.formats.peer_files import (
    checked,
    flag,
    one_of,
    positive_integer,
    positive_number,
    read_settings,
    refuse_other_than,
    section,
    write_tensors,
)
from sememe.dictionaries.storage import CONFIGURATION, WEIGHTS
from sememe.dictionaries.tensors import read_tensors
from sememe.dictionaries.transcoder import Transcoder
from sememe.errors import FormatError
from sememe.files import whole_folder, write_json

# Written by its trainer beside a checkpoint that has not yet been folded.
_SCALER = "activation_scaler.json"

# Names that its trainer gives to what it saves as a jumprelu for use.
_BATCH_TOPK = ("batchtopk", "matryoshka_batchtopk")

# Both with a ReLU.
_TRANSCODERS = ("transcoder", "skip_transcoder")

_SCALED = "expected_average_only_in"

# What its encoder may do to items before it encodes them, and why we cannot.
_NORMALISATIONS = {
    _SCALED: f"the scale is kept in {_SCALER}, which is not there: fold it in with SAELens' "
    "fold_activation_norm_scaling_factor and save again",
    "covariance_whitening": "fold it in with SAELens' fold_activation_whitening and save again",
    "layer_norm": "each item is scaled by its own standard deviation, which no fixed weights do",
    "constant_norm_rescale": "each item is scaled by its own length, which no fixed weights do",
}


def recognises(path: Path) -> bool:
    """Whether this is SAELens' folder, or one of its two files."""
    if path.is_dir():
        return (path / CONFIGURATION).is_file() and (path / WEIGHTS).is_file()
    return path.name in (CONFIGURATION, WEIGHTS) and recognises(path.parent)


def read(path: Path) -> Dictionary:
    """The dictionary in SAELens' folder; ``sparsity.safetensors`` is passed over."""
    folder = path if path.is_dir() else path.parent
    cfg_path, weights_path = folder / CONFIGURATION, folder / WEIGHTS
    cfg = _of_version_6(cfg_path, read_settings(cfg_path))
    architecture = _architecture(cfg_path, cfg)
    tensors = _today(weights_path, read_tensors(weights_path))
    d_in, d_sae = positive_integer(cfg_path, cfg, "d_in"), positive_integer(cfg_path, cfg, "d_sae")
    if architecture in _TRANSCODERS:
        why = "the codes of a transcoder of scaled items are others"
        refuse_other_than(cfg_path, cfg, "normalize_activations", "none", why)
        d_out, skips = positive_integer(cfg_path, cfg, "d_out"), architecture == "skip_transcoder"
        expected = transcoding.shapes(d_in, d_sae, d_out, skip=skips)
        return transcoding.fitted(cfg_path, checked(weights_path, tensors, expected), None)
    theirs = checked(weights_path, tensors, shapes(architecture, d_in, d_sae))
    if architecture == "matching_pursuit":
        return _pursuit(cfg_path, cfg, theirs).fitted()
    k = positive_integer(cfg_path, {"k": 100, **cfg}, "k") if architecture == "topk" else None
    autoencoder = _with_normalisation_folded(cfg_path, cfg, Autoencoder(architecture, theirs, k))
    if architecture == "topk" and flag(cfg_path, cfg, "rescale_acts_by_decoder_norm", default=False):
        lengths = autoencoder.atom_lengths()
        if not (lengths > 0).all():
            raise FormatError(
                f"{weights_path}: {int((lengths == 0).sum())} rows of W_dec are zero, which "
                "rescale_acts_by_decoder_norm divides by."
            )
        autoencoder = autoencoder.with_atoms_divided(lengths)
    if not flag(cfg_path, cfg, "apply_b_dec_to_input", default=True):
        autoencoder = autoencoder.with_centring()
    return autoencoder.fitted()


def write(dictionary: Dictionary, path: Path) -> None:
    """Write SAELens' folder; it appears whole or not at all.

    BatchTopK and Matryoshka become what SAELens makes of its own: a jumprelu with the learned threshold.

    Raises:
        DictionaryError: SAELens has no such architecture.
    """
    if isinstance(dictionary, Transcoder):
        tensors = transcoding.tensors_of(dictionary, "SAELens", "l1")
    else:
        tensors = rounded(Autoencoder.of(dictionary, "SAELens", tuple(KINDS)).tensors)
    configuration = dictionary._stored_configuration()
    # Without it the loader there would take the path of files from before version 6.
    assert configuration["metadata"]["sae_lens_version"]
    d_sae = len(dictionary.components_)
    sizes = {"d_in": dictionary.n_features_in_, "d_sae": d_sae, "dtype": "float32", "device": "cpu"}
    with whole_folder(path) as partial:
        write_json(partial / CONFIGURATION, sizes | configuration)
        write_tensors(partial / WEIGHTS, tensors)


def _pursuit(path: Path, cfg: Mapping[str, Any], theirs: dict[str, Tensor]) -> Autoencoder:
    """Matching pursuit of a fixed number of steps, which is one of its settings and not the usual."""
    told = {"residual_threshold": 1e-2, "stop_on_duplicate_support": True, "max_iterations": None, **cfg}
    why = "here a pursuit takes the same number of steps for every item"
    refuse_other_than(path, told, "residual_threshold", 0, why)
    refuse_other_than(path, told, "stop_on_duplicate_support", False, why)
    refuse_other_than(path, told, "normalize_activations", "none", "a pursuit of scaled items is another one")
    if told["max_iterations"] is None:
        told["max_iterations"] = theirs["W_dec"].shape[1]
    if not flag(path, cfg, "apply_b_dec_to_input", default=True):
        theirs["b_dec"] = torch.zeros_like(theirs["b_dec"])  # it is then not added to what is decoded, either
    return Autoencoder("matching_pursuit", theirs, positive_integer(path, told, "max_iterations"))


def _architecture(path: Path, cfg: Mapping[str, Any]) -> str:
    if cfg["architecture"] in _BATCH_TOPK:
        raise FormatError(
            f"{path}: {cfg['architecture']} is the checkpoint of a training: save it with SAELens' "
            "save_inference_model, which makes it a jumprelu with the learned threshold, and import that."
        )
    return one_of(path, cfg, "architecture", (*KINDS, *_TRANSCODERS))


def _of_version_6(path: Path, cfg: dict[str, Any]) -> dict[str, Any]:
    """Settings as SAELens 6 names them; those of an earlier version are moved as its own loader does."""
    version = section(path, cfg, "metadata").get("sae_lens_version") or cfg.get("sae_lens_version")
    tuned = {"finetuning_scaling_factor": cfg.get("finetuning_scaling_factor") or False}
    refuse_other_than(path, tuned, "finetuning_scaling_factor", False, "fold it into the weights first")
    cfg = {"architecture": "standard", **cfg}
    major = str(version).partition(".")[0]
    if major.isdigit() and int(major) >= 6:
        return cfg
    activation = {"activation_fn": cfg.get("activation_fn_str") or cfg.get("activation_fn") or "relu"}
    if one_of(path, activation, "activation_fn", ("relu", "topk")) == "topk":
        cfg |= {"architecture": "topk", "k": section(path, cfg, "activation_fn_kwargs").get("k")}
    normalised = cfg.get("normalize_activations")
    if isinstance(normalised, bool) or normalised is None:
        cfg["normalize_activations"] = _SCALED if normalised else "none"
    return cfg


def _today(path: Path, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Tensors by today's names, where an earlier version had others."""
    factor = tensors.pop("scaling_factor", None)
    if factor is not None and not torch.allclose(factor, torch.ones_like(factor)):
        raise FormatError(
            f"{path}: tensor scaling_factor is not 1 throughout; fold it into the weights first."
        )
    if "log_threshold" in tensors:
        tensors["threshold"] = tensors.pop("log_threshold").double().exp()
    return tensors


def _with_normalisation_folded(path: Path, cfg: Mapping[str, Any], autoencoder: Autoencoder) -> Autoencoder:
    found = cfg.get("normalize_activations", "none")
    scaler = path.parent / _SCALER
    if found != _SCALED or not scaler.is_file():
        why = _NORMALISATIONS.get(str(found), "this is not known here")
        refuse_other_than(path, {"normalize_activations": found}, "normalize_activations", "none", why)
        return autoencoder
    return autoencoder.with_inputs_scaled(positive_number(scaler, read_settings(scaler), "scaling_factor"))
