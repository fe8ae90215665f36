"""Adam (Kingma & Ba 2015) as in ``torch.optim.Adam``, row by row, with atoms brought back to unit length."""

import math
from typing import NamedTuple

import numba
import numpy as np

from sememe.dictionaries.kernels.compiled import kernel, over_tasks


class AdamScalars(NamedTuple):
    """What one update is made with, in the parameters' own precision."""

    clip: np.floating  # what every gradient is multiplied by
    keep_mean: np.floating  # beta 1
    keep_square: np.floating  # beta 2
    add_mean: np.floating
    add_square: np.floating
    rate: np.floating  # learning rate over the first moment's bias correction
    correction: np.floating  # root of the second moment's bias correction
    epsilon: np.floating


def adam_scalars(
    step: int, learning_rate: float, betas: tuple[float, float], epsilon: float, clip: float, dtype: np.dtype
) -> AdamScalars:
    """Scalars of update number ``step``, counted from 1."""
    numbers = (
        clip,
        betas[0],
        betas[1],
        1 - betas[0],
        1 - betas[1],
        learning_rate / (1 - betas[0] ** step),
        math.sqrt(1 - betas[1] ** step),
        epsilon,
    )
    return AdamScalars(*(dtype.type(number) for number in numbers))


@kernel
def adam(parameter, gradient, mean, square, scalars):  # type: ignore[no-untyped-def]
    """Update one row."""
    for j in range(parameter.shape[0]):
        g = gradient[j] * scalars.clip
        m = scalars.keep_mean * mean[j] + scalars.add_mean * g
        v = scalars.keep_square * square[j] + scalars.add_square * g * g
        mean[j] = m
        square[j] = v
        parameter[j] -= scalars.rate * m / (np.sqrt(v) / scalars.correction + scalars.epsilon)


@kernel
def _to_unit_length(row):  # type: ignore[no-untyped-def]
    squares = row.dtype.type(0)
    for value in row:
        squares += value * value
    inverse = row.dtype.type(1) / np.sqrt(squares) if squares > 0 else row.dtype.type(1)
    for j in range(row.shape[0]):
        row[j] *= inverse


@over_tasks
def update_rows(parameter, gradient, mean, square, scalars, unit_length):  # type: ignore[no-untyped-def]
    """Update a matrix; then bring its rows to unit length, if so asked."""
    for i in numba.prange(parameter.shape[0]):
        adam(parameter[i], gradient[i], mean[i], square[i], scalars)
        if unit_length:
            _to_unit_length(parameter[i])
