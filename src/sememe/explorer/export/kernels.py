"""What the page's kernel computes with: a network's weights, and each dictionary as a matrix and a rule.

Every encoder of :mod:`sememe.explorer.live.encoders` is ``rule((x - centre) @ weights + bias)``; the rules
are written once more in ``assets/app/standalone/dictionary.js``, and a test holds both beside torch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load

from sememe.errors import FormatError
from sememe.explorer.live.run_data import UnitSetData
from sememe.files import read_json

Array = np.ndarray
Tensors = Mapping[str, Array]
Parameters = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class DictionaryKernel:
    """One dictionary, for the page.

    Attributes:
        rule: what makes codes of ``(x - centre) @ weights + bias``.
        centre: subtracted in float32, as the dictionary does; None: nothing, or ``bias`` holds it.
        weights: None: the atoms, transposed.
        bias: None: 0.
        k: how many codes are kept, where the rule keeps some; 0: all.
        has_encoder: False: atoms are chosen by pursuit or distance, so no weight of an encoder can be shown.
        gate, scale, shift: of a gated encoder; ``gate`` alone holds thresholds of the rule "threshold".
    """

    rule: str
    atoms: Float32[np.ndarray, "components neurons"]
    offset: Float32[np.ndarray, " neurons"]
    centre: Float32[np.ndarray, " neurons"] | None = None
    weights: Float32[np.ndarray, "neurons components"] | None = None
    bias: Float32[np.ndarray, " components"] | None = None
    k: int = 0
    has_encoder: bool = True
    gate: Float32[np.ndarray, " components"] | None = None
    scale: Float32[np.ndarray, " components"] | None = None
    shift: Float32[np.ndarray, " components"] | None = None


def dictionary_kernel(unit_set: UnitSetData) -> DictionaryKernel | None:
    """A dictionary of a run; None where the page's kernel has no encoder for its family.

    Raises:
        FormatError: a file is missing or damaged.
    """
    return read_kernel(unit_set.layer.run.folder.path("dictionaries", unit_set.layer.key, unit_set.key))


def read_kernel(folder: Path) -> DictionaryKernel | None:
    """The same, from a dictionary's folder."""
    record = read_json(folder / "cfg.json")["sememe"]
    make = _RULES.get(str(record["dictionary"]))
    if make is None:
        return None
    path = folder / "sae_weights.safetensors"
    try:
        return make(load(path.read_bytes()), record["parameters"])
    except (OSError, SafetensorError, KeyError, ValueError) as error:
        raise FormatError(
            f"{path} does not hold a {record['dictionary']} ({error!r}): fit it again."
        ) from None


def known_families() -> frozenset[str]:
    """Names of the dictionaries that the page's kernel encodes with."""
    return frozenset(_RULES)


def _affine(rule: str, tensors: Tensors, **fields: Any) -> DictionaryKernel:
    """``(x - b_dec) W_enc + b_enc``; a file without an encoder reads through its atoms."""
    weights, atoms = tensors.get("W_enc"), tensors["W_dec"]
    reads = atoms.T if weights is None else weights
    bias = tensors.get("b_enc", np.float32(0)) - tensors["b_dec"] @ reads
    return DictionaryKernel(rule, atoms, tensors["b_dec"], weights=weights, bias=bias, **fields)


def _centred(rule: str, tensors: Tensors, **fields: Any) -> DictionaryKernel:
    """``(x - b_dec) W + b``."""
    return DictionaryKernel(rule, tensors["W_dec"], tensors["b_dec"], centre=tensors["b_dec"], **fields)


def _k(parameters: Parameters) -> int:
    return int(parameters["k"] or 0)


def _topk(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    return _affine("topk", tensors, k=_k(parameters))


def _relu(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    return _affine("relu", tensors)


def _threshold(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    return _affine("threshold", tensors, gate=tensors["threshold"])


def _gated(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    return _affine(
        "gated", tensors, gate=tensors["b_gate"], scale=np.exp(tensors["r_mag"]), shift=tensors["b_mag"]
    )


def _neurons(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    return DictionaryKernel("largest", tensors["W_dec"], tensors["b_dec"], k=_k(parameters))


def _pca(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    return _centred("largest", tensors, k=_k(parameters))


def _ica(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    unmixing = np.ascontiguousarray(tensors["unmixing_"].T)
    return _centred("largest", tensors, weights=unmixing, k=_k(parameters))


def _nearest(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    """The nearest atom has the largest ``(x - b_dec) @ atom - |atom|^2 / 2``."""
    bias = -np.square(tensors["W_dec"]).sum(axis=1) / 2
    return _centred("nearest", tensors, bias=bias, has_encoder=False)


def _non_negative(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    return DictionaryKernel("non_negative", tensors["W_dec"], tensors["b_dec"], has_encoder=False)


def _fixed_atoms(tensors: Tensors, parameters: Parameters) -> DictionaryKernel:
    rules = {"pursuit": "pursuit", "least_squares": "least_squares"}
    rule = rules.get(parameters["codes"], "topk")
    return _centred(rule, tensors, k=_k(parameters), has_encoder=False)


_RULES: dict[str, Callable[[Tensors, Parameters], DictionaryKernel]] = {
    "Neurons": _neurons,
    "PCA": _pca,
    "FastICA": _ica,
    "RotatedNeurons": _neurons,
    "KMeans": _nearest,
    "CodebookVQ": _nearest,
    "NMF": _non_negative,
    "TopKSAE": _topk,
    "ArchetypalSAE": _topk,
    "FrozenDecoderSAE": _topk,
    "L1SAE": _relu,
    "PAnnealedSAE": _relu,
    "BatchTopKSAE": _threshold,
    "MatryoshkaSAE": _threshold,
    "JumpReLUSAE": _threshold,
    "GatedSAE": _gated,
    "RandomDictionary": _fixed_atoms,
    "StoredActivations": _fixed_atoms,
}
