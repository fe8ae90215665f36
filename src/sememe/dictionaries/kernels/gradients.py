"""Gradients of atoms and encoder rows from the firings alone: one gather over each component's firings.

With ``R`` the stacked residuals (``residuals.py``), which are the loss' gradient by the reconstruction:

    dL/d code  = R[row] . W_dec[component]  (+ the penalty's)
    dL/d W_dec = sum over firings of  code * R[row]
    dL/d W_enc = sum over firings of  dL/d code * (x - b_dec)[item]
    dL/d b_enc = sum over firings of  dL/d code
    dL/d b_dec = sum over items of R's first view  -  sum over components of dL/d b_enc * W_enc

Firings of dead components that only reconstruct the residual (AuxK) have rows from ``aux_row`` on: they
bear no penalty and do not reach ``b_dec``.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks
from sememe.dictionaries.kernels.residuals import PARTS


class ComponentGradients(NamedTuple):
    """Gradients of the parameters that have a row for each component."""

    W_dec: Float[np.ndarray, "components neurons"]
    W_enc: Float[np.ndarray, "components neurons"]
    b_enc: Float[np.ndarray, " components"]


@kernel
def _add_firings(f, last, firings, residual, x, shift, atom, penalty, grad_dec, grad_enc):
    """Add some firings' gradients, four at a time; the sum of their codes' gradients.

    Their rows are those of the items and ``shift`` more.
    """
    rows, values = firings.rows, firings.values
    bias = x.dtype.type(0)
    while f + 4 <= last:
        c0, c1, c2, c3 = values[f], values[f + 1], values[f + 2], values[f + 3]
        r0, r1 = residual[rows[f]], residual[rows[f + 1]]
        r2, r3 = residual[rows[f + 2]], residual[rows[f + 3]]
        s0, s1, s2, s3 = penalty, penalty, penalty, penalty
        for n in range(atom.shape[0]):
            w = atom[n]
            s0 += r0[n] * w
            s1 += r1[n] * w
            s2 += r2[n] * w
            s3 += r3[n] * w
        x0, x1 = x[rows[f] - shift], x[rows[f + 1] - shift]
        x2, x3 = x[rows[f + 2] - shift], x[rows[f + 3] - shift]
        for n in range(atom.shape[0]):
            grad_dec[n] += c0 * r0[n] + c1 * r1[n] + c2 * r2[n] + c3 * r3[n]
        for n in range(atom.shape[0]):
            grad_enc[n] += s0 * x0[n] + s1 * x1[n] + s2 * x2[n] + s3 * x3[n]
        bias += s0 + s1 + s2 + s3
        f += 4
    while f < last:
        c0, r0, x0, s0 = values[f], residual[rows[f]], x[rows[f] - shift], penalty
        for n in range(atom.shape[0]):
            s0 += r0[n] * atom[n]
        for n in range(atom.shape[0]):
            grad_dec[n] += c0 * r0[n]
            grad_enc[n] += s0 * x0[n]
        bias += s0
        f += 1
    return bias


@kernel
def _tangent(gradient, atom):
    """Remove the part of a gradient along its atom; the squared length of what is left."""
    along = atom.dtype.type(0)
    for n in range(atom.shape[0]):
        along += gradient[n] * atom[n]
    squares = atom.dtype.type(0)
    for n in range(atom.shape[0]):
        gradient[n] -= along * atom[n]
        squares += gradient[n] * gradient[n]
    return squares


@kernel
def _component(j, firings, residual, x, aux_row, atom, encoder, penalty, gradients, backflow):
    """All gradients of one component; their squared length."""
    to_atom, to_encoder = gradients.W_dec[j], gradients.W_enc[j]
    for n in range(encoder.shape[0]):
        to_atom[n] = 0
        to_encoder[n] = 0
    rows, items = firings.rows, x.shape[0]
    first, last = firings.offsets[j], firings.offsets[j + 1]
    aux = last
    while aux > first and rows[aux - 1] >= aux_row:
        aux -= 1
    view = rows[first] // items if aux > first else 0
    bias = _add_firings(first, aux, firings, residual, x, view * items, atom, penalty, to_atom, to_encoder)
    if bias != 0:
        for n in range(encoder.shape[0]):
            backflow[n] += bias * encoder[n]
    zero = x.dtype.type(0)
    bias += _add_firings(aux, last, firings, residual, x, aux_row, atom, zero, to_atom, to_encoder)
    gradients.b_enc[j] = bias
    squares = bias * bias + _tangent(to_atom, atom)
    for n in range(encoder.shape[0]):
        squares += to_encoder[n] * to_encoder[n]
    return squares


@kernel
def _part(first, last, firings, residual, x, aux_row, W_dec, W_enc, penalty, gradients, backflow):
    squares = 0.0
    backflow[:] = 0
    for j in range(first, last):
        squares += _component(
            j, firings, residual, x, aux_row, W_dec[j], W_enc[j], penalty, gradients, backflow
        )
    return squares


@over_tasks
def component_gradients(
    counter, thread, bounds, firings, residual, x, aux_row, W_dec, W_enc, penalty, grads, backflow, squares
):
    """Gradients of all components; per task their squared length and what flows back into ``b_dec``.

    ``bounds`` cuts the components into tasks. The part of an atom's gradient along the atom is left out.
    """
    tasks = bounds.shape[0] - 1
    task = next_task(counter, thread, tasks)
    while task < tasks:
        squares[task] = _part(
            bounds[task], bounds[task + 1], firings, residual, x, aux_row, W_dec, W_enc, penalty,
            grads, backflow[task],
        )  # fmt: skip
        task = next_task(counter, thread, tasks)


def balanced_bounds(offsets: Int[np.ndarray, " boundaries"]) -> Int[np.ndarray, " bounds"]:
    """Cut components into PARTS of like work: a component costs about as much as four firings besides."""
    work = offsets + 4 * np.arange(offsets.size)
    return np.searchsorted(work, np.linspace(0, work[-1], PARTS + 1)).astype(np.int64)
