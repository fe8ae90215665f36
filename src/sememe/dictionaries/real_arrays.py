"""What is given as items or codes, checked before it is used: real numbers in two dimensions."""

from typing import Any

import numpy as np
import torch
import zarr
from scipy import sparse

from sememe.errors import DictionaryError

# What to do with so many dimensions.
_HINTS = {1: "; x[None] makes it one item", 4: "; a map's positions are an item each"}


class WrongTypeError(DictionaryError, TypeError):
    """What arrived is not an array of numbers; a ``TypeError`` too, as scikit-learn's conventions ask."""


def real_matrix(given: Any, needs: str) -> Any:
    """What was given, where it is real numbers in two dimensions; tensors, lists and the like as an array.

    Zarr arrays and SciPy's sparse ones are given back as they are. ``needs`` says what they should have been
    and begins the message: "TopKSAE needs activations (items, neurons)".

    Raises:
        DictionaryError: another number of dimensions, complex numbers, or (``WrongTypeError``) no numbers.
    """
    if isinstance(given, zarr.Array) or sparse.issparse(given):
        array = given
    else:
        array = _of_tensor(given, needs) if isinstance(given, torch.Tensor) else _of_anything(given, needs)
    kind = "Zarr array" if isinstance(given, zarr.Array) else type(given).__name__
    dtype = given.dtype if isinstance(given, torch.Tensor) else array.dtype
    found = f"{dtype} {array.shape} arrived ({kind})"
    if array.ndim == 0:
        found = f"{given!r:.60} arrived"
    if array.dtype.kind == "c":
        raise DictionaryError(
            f"Complex data not supported: {needs}, but {found}; give the real part or the magnitude."
        )
    if array.dtype.kind not in "fiub":
        raise WrongTypeError(f"{needs}, but {found}: give an array of numbers.")
    if array.ndim != 2:
        raise DictionaryError(f"Reshape your data: {needs}, but {found}{_HINTS.get(array.ndim, '')}.")
    return array


def _of_tensor(given: torch.Tensor, needs: str) -> np.ndarray:
    if given.layout != torch.strided:
        raise WrongTypeError(f"{needs}, but a sparse tensor arrived: give its to_dense().")
    given = given.detach().cpu()
    # NumPy has no bfloat16.
    return given.numpy() if given.is_complex() else given.to(torch.float32).numpy()


def _of_anything(given: Any, needs: str) -> np.ndarray:
    try:
        array = np.asarray(given)
        if array.dtype.kind != "O" or array.ndim != 2:
            return array
        # NumPy would read words as the numbers that they spell.
        words = [value for value in array.flat if isinstance(value, str | bytes)]
        if words:
            raise TypeError(f"{words[0]!r:.40} is no number")
        with np.errstate(over="ignore"):
            return array.astype(np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise WrongTypeError(
            f"{needs}, but what arrived ({type(given).__name__}) holds something else: {error}."
        ) from None
