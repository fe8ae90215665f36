"""How each family of dictionaries finds its codes, in NumPy: from saved tensors and hyperparameters.

Each entry gives the encoder's matrix, for showing what a component reads (None where it has none), and a
function from items to dense codes. Formulas and sources stand with the families in ``sememe.dictionaries``;
a test holds the codes of both together.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from sememe.explorer.live.pursuit import least_squares, pursue

Array = np.ndarray
Encoder = tuple[Array | None, Callable[[Array], Array]]
Tensors = Mapping[str, Array]


def largest_by_magnitude(codes: Array, k: int | None) -> Array:
    """Codes with all but the k largest by magnitude of each item set to 0; of equal ones the first stay."""
    if k is None or k >= codes.shape[1]:
        return codes
    sizes = np.abs(codes)
    least = np.partition(sizes, -k, axis=1)[:, [-k]]
    equal = sizes == least
    spare = k - (sizes > least).sum(axis=1, keepdims=True)
    return np.where((sizes > least) | (equal & (equal.cumsum(axis=1) <= spare)), codes, np.float32(0))


def _products(x: Array, directions: Array) -> Array:
    """``x @ directions.T`` without float32's rounding, which would decide which of two are the larger."""
    return (x.astype(np.float64) @ directions.T).astype(np.float32)


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
    return atoms, lambda x: largest_by_magnitude(_products(x - offset, atoms), parameters["k"])


def _ica(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    unmixing, offset = tensors["unmixing_"], tensors["b_dec"]
    return unmixing, lambda x: largest_by_magnitude(_products(x - offset, unmixing), parameters["k"])


def _rotation(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    atoms = tensors["W_dec"]
    return atoms, lambda x: largest_by_magnitude(_products(x, atoms), parameters["k"])


def _nearest(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    """One component an item, the nearest, with a code of 1."""
    atoms, offset = tensors["W_dec"], tensors["b_dec"]

    def chosen(x: Array) -> Array:
        distances = np.square(atoms).sum(axis=1) - 2 * ((x - offset) @ atoms.T)
        codes = np.zeros_like(distances)
        np.put_along_axis(codes, distances.argmin(axis=1)[:, None], 1, axis=1)
        return codes

    return None, chosen


def _non_negative(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    """Codes of 0 or more that reconstruct an item best (Lawson & Hanson's active set)."""
    # Takes 20 MB and a tenth of a second, which a run without such a dictionary need not spend.
    from scipy.optimize import nnls

    atoms = tensors["W_dec"]

    def solved(x: Array) -> Array:
        basis, triangle = np.linalg.qr(atoms.T.astype(np.float64))
        targets = x.astype(np.float64) @ basis
        return np.array([nnls(triangle, target)[0] for target in targets], np.float32)

    return None, solved


def _fixed_atoms(tensors: Tensors, parameters: Mapping[str, Any]) -> Encoder:
    atoms, offset, k = tensors["W_dec"], tensors["b_dec"], int(parameters["k"])
    if parameters["codes"] == "pursuit":
        return None, lambda x: pursue(x - offset, atoms, k)
    refitted = parameters["codes"] == "least_squares"

    def projected(x: Array) -> Array:
        centred = x - offset
        found = centred @ atoms.T
        chosen = np.argpartition(found, -k, axis=1)[:, -k:]
        values = np.take_along_axis(found, chosen, axis=1)
        values = least_squares(atoms, chosen, values) if refitted else np.maximum(values, 0)
        codes = np.zeros_like(found)
        np.put_along_axis(codes, chosen, values, axis=1)
        return codes

    return None, projected


ENCODERS: dict[str, Callable[[Tensors, Mapping[str, Any]], Encoder]] = {
    "Neurons": _neurons,
    "PCA": _pca,
    "FastICA": _ica,
    "RotatedNeurons": _rotation,
    "KMeans": _nearest,
    "CodebookVQ": _nearest,
    "NMF": _non_negative,
    "TopKSAE": _topk,
    "ArchetypalSAE": _topk,
    "FrozenDecoderSAE": _topk,
    "L1SAE": _relu_encoder,
    "PAnnealedSAE": _relu_encoder,
    "BatchTopKSAE": _threshold,
    "MatryoshkaSAE": _threshold,
    "JumpReLUSAE": _threshold,
    "GatedSAE": _gated,
    "RandomDictionary": _fixed_atoms,
    "StoredActivations": _fixed_atoms,
}
