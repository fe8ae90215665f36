"""Dictionaries in NumPy: codes of items from the files of a run, without torch.

The families that have an encoder or a pursuit are here; any other is opened by :mod:`sememe.dictionaries`,
which takes seconds and a few hundred megabytes, the first time that it is looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load
from scipy import sparse

from sememe.errors import FormatError
from sememe.explorer.live.pursuit import pursue
from sememe.files import read_json

Array = np.ndarray
# Items are encoded in pieces whose dense codes take about this much.
_CHUNK_BYTES = 16 * 2**20


@dataclass(frozen=True, eq=False)
class LiveDictionary:
    """What turns activations into codes and back: ``x_hat = codes @ components_ + offset_``.

    Attributes:
        name: its class in ``sememe.dictionaries``.
        components_: the atoms.
        offset_: what codes of zeros give.
        encoder: how much of each neuron a component reads; None where atoms are chosen by pursuit.
        codes: dense codes of a few items.
    """

    name: str
    components_: Float32[np.ndarray, "components neurons"]
    offset_: Float32[np.ndarray, " neurons"]
    encoder: Float32[np.ndarray, "components neurons"] | None
    codes: Callable[[Array], Array]

    @property
    def n_components(self) -> int:
        """How many components there are."""
        return len(self.components_)

    @property
    def is_exact(self) -> bool:
        """Whether codes are the activations themselves, all of them."""
        return self.name == "Neurons" and self.encoder is not None

    def transform(self, x: Float32[np.ndarray, "items neurons"]) -> sparse.csr_array:
        """Codes of many items, without their zeros."""
        step = max(1, _CHUNK_BYTES // (4 * self.n_components))
        parts = [sparse.csr_array(self.codes(x[start : start + step])) for start in range(0, len(x), step)]
        found: sparse.csr_array = sparse.vstack(parts, format="csr")
        return found

    def decode(self, codes: Array) -> Array:
        """Activations from dense codes."""
        given: Array = codes @ self.components_ + self.offset_
        return given


def open_dictionary(folder: Path) -> LiveDictionary:
    """A dictionary that a run saved.

    Raises:
        FormatError: a file is missing, damaged, or not Sememe's.
    """
    configuration = read_json(folder / "cfg.json")
    record = configuration.get("sememe") if isinstance(configuration, dict) else None
    if not isinstance(record, dict) or not isinstance(record.get("parameters"), dict):
        raise FormatError(f"{folder / 'cfg.json'} was not written by Sememe: fit the dictionary again.")
    name, parameters = str(record.get("dictionary")), record["parameters"]
    if name not in _ENCODERS:
        return _by_torch(folder, name)
    path = folder / "sae_weights.safetensors"
    try:
        tensors = load(path.read_bytes())
        encoder, codes = _ENCODERS[name](tensors, parameters)
        return LiveDictionary(name, tensors["W_dec"], tensors["b_dec"], encoder, codes)
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise FormatError(f"{path} does not hold a {name} ({error!r}): fit the dictionary again.") from None


def largest_by_magnitude(codes: Array, k: int | None) -> Array:
    """Codes with all but the k largest by magnitude of each item set to 0."""
    if k is None or k >= codes.shape[1]:
        return codes
    kept = np.argpartition(np.abs(codes), -k, axis=1)[:, -k:]
    few = np.zeros_like(codes)
    np.put_along_axis(few, kept, np.take_along_axis(codes, kept, axis=1), axis=1)
    return few


Encoder = tuple[Array | None, Callable[[Array], Array]]
Tensors = Mapping[str, Array]


def _affine(tensors: Tensors, nonlinearity: Callable[[Array], Array]) -> Encoder:
    """``nonlinearity((x - b_dec) W_enc + b_enc)``; a file without an encoder reads through its atoms."""
    weights = np.ascontiguousarray(tensors.get("W_enc", tensors["W_dec"].T))
    bias = tensors.get("b_enc", np.float32(0)) - tensors["b_dec"] @ weights
    return weights.T, lambda x: nonlinearity(x @ weights + bias)


def _topk(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    k = int(parameters["k"])

    def kept(pre: Array) -> Array:
        few = np.zeros_like(pre)
        chosen = np.argpartition(pre, -k, axis=1)[:, -k:]
        np.put_along_axis(few, chosen, np.maximum(np.take_along_axis(pre, chosen, axis=1), 0), axis=1)
        return few

    return _affine(tensors, kept if k < len(tensors["W_dec"]) else _relu)


def _relu(pre: Array) -> Array:
    return np.maximum(pre, 0)


def _relu_encoder(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    return _affine(tensors, _relu)


def _threshold(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    threshold = tensors["threshold"]
    return _affine(tensors, lambda pre: np.maximum(pre, 0) * (pre > threshold))


def _gated(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    gate, scale, bias = tensors["b_gate"], np.exp(tensors["r_mag"]), tensors["b_mag"]
    return _affine(tensors, lambda pre: (pre + gate > 0) * np.maximum(pre * scale + bias, 0))


def _neurons(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    return tensors["W_dec"], lambda x: largest_by_magnitude(x, parameters["k"])


def _pca(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    atoms, offset = tensors["W_dec"], tensors["b_dec"]
    return atoms, lambda x: largest_by_magnitude((x - offset) @ atoms.T, parameters["k"])


def _fixed_atoms(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    if parameters["codes"] != "pursuit":
        raise ValueError(f"codes by {parameters['codes']}")
    atoms, offset, k = tensors["W_dec"], tensors["b_dec"], int(parameters["k"])
    return None, lambda x: pursue(x - offset, atoms, k)


_ENCODERS: dict[str, Callable[[Tensors, Mapping[str, Any]], Encoder]] = {
    "Neurons": _neurons,
    "PCA": _pca,
    "TopKSAE": _topk,
    "L1SAE": _relu_encoder,
    "PAnnealedSAE": _relu_encoder,
    "BatchTopKSAE": _threshold,
    "JumpReLUSAE": _threshold,
    "GatedSAE": _gated,
    "RandomDictionary": _fixed_atoms,
    "StoredActivations": _fixed_atoms,
}


def _by_torch(folder: Path, name: str) -> LiveDictionary:
    from sememe import dictionaries

    dictionary = dictionaries.load(folder).set_params(sparse_output=False)

    def codes(x: Array) -> Array:
        return np.asarray(dictionary.transform(x))

    return LiveDictionary(name, dictionary.components_, dictionary.offset_, None, codes)
