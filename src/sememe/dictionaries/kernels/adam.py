"""Adam (Kingma & Ba 2015) as in ``torch.optim.Adam``, row by row, with atoms brought back to unit length."""

# mypy: allow-untyped-defs, no-check-untyped-defs

import math
from typing import NamedTuple

import numpy as np

from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks

_ROWS_A_TASK = 64


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
def adam(parameter, gradient, mean, square, scalars):
    """Update one row."""
    for j in range(parameter.shape[0]):
        g = gradient[j] * scalars.clip
        m = scalars.keep_mean * mean[j] + scalars.add_mean * g
        v = scalars.keep_square * square[j] + scalars.add_square * g * g
        mean[j] = m
        square[j] = v
        parameter[j] -= scalars.rate * m / (np.sqrt(v) / scalars.correction + scalars.epsilon)


@kernel
def _to_unit_length(row):
    squares = row.dtype.type(0)
    for j in range(row.shape[0]):
        squares += row[j] * row[j]
    inverse = row.dtype.type(1) / np.sqrt(squares) if squares > 0 else row.dtype.type(1)
    for j in range(row.shape[0]):
        row[j] *= inverse


@kernel
def _update_row(row, parameter, gradient, mean, square, scalars):
    adam(parameter[row], gradient[row], mean[row], square[row], scalars)


@over_tasks
def update(counter, thread, encoder, atoms, biases, offset, scalars):
    """Update all parameters, and bring atoms to unit length.

    Each of the four is a tuple of parameter, gradient, mean and square; the last two are vectors.
    """
    rows = encoder[0].shape[0]
    blocks = (rows + _ROWS_A_TASK - 1) // _ROWS_A_TASK
    task = next_task(counter, thread, blocks + 1)
    while task <= blocks:
        if task == blocks:
            adam(biases[0], biases[1], biases[2], biases[3], scalars)
            adam(offset[0], offset[1], offset[2], offset[3], scalars)
        else:
            for i in range(task * _ROWS_A_TASK, min((task + 1) * _ROWS_A_TASK, rows)):
                _update_row(i, encoder[0], encoder[1], encoder[2], encoder[3], scalars)
                _update_row(i, atoms[0], atoms[1], atoms[2], atoms[3], scalars)
                _to_unit_length(atoms[0][i])
        task = next_task(counter, thread, blocks + 1)
