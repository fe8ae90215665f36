"""Nonlinearities of other libraries, row by row in float64: what imported dictionaries are compared with."""

import numpy as np


def relu(pre: np.ndarray) -> np.ndarray:
    return np.maximum(np.asarray(pre, dtype=np.float64), 0)


def top_k(pre: np.ndarray, k: int) -> np.ndarray:
    """The k largest of each row; the negative among them are 0."""
    codes = np.zeros(pre.shape)
    for code, row in zip(codes, pre, strict=True):
        for component in np.argsort(row)[-k:]:
            code[component] = max(row[component], 0)
    return codes


def jump_relu(pre: np.ndarray, threshold: np.ndarray | float) -> np.ndarray:
    return np.where(np.asarray(pre) > threshold, relu(pre), 0)


def gated(z: np.ndarray, b_gate: np.ndarray, r_mag: np.ndarray, b_mag: np.ndarray) -> np.ndarray:
    return np.where(z + b_gate > 0, relu(np.exp(r_mag) * z + b_mag), 0)


def matching_pursuit(x: np.ndarray, atoms: np.ndarray, k: int) -> np.ndarray:
    """k times, the atom that resembles what is left most is taken away from it."""
    codes = np.zeros((len(x), len(atoms)))
    for code, row in zip(codes, x, strict=True):
        left = row.astype(np.float64)
        for _ in range(k):
            best = int(np.argmax(atoms @ left))
            value = max(float(atoms[best] @ left), 0.0)
            code[best] += value
            left = left - value * atoms[best]
    return codes
