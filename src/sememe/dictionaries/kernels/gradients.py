"""Reconstruction and its gradients, from the firings alone.

Several reconstructions of a batch may be wanted at once: the prefixes of a Matryoshka dictionary, or what
the dead components make of the residual. Each is a *view* of the batch with its own residual, and all
views' residuals are stacked: row ``v * items + i`` belongs to view ``v`` of item ``i``. Firings then name a
stacked row, and the gradient of an atom or of an encoder row is one gather over its firings.

With ``R`` the stacked residuals, scaled so that they are the loss' gradient by the reconstruction:

    dL/d code  = R[row] . W_dec[component]  (+ the penalty's)
    dL/d W_dec = sum over firings of  code * R[row]
    dL/d W_enc = sum over firings of  dL/d code * (x - b_dec)[item]
    dL/d b_enc = sum over firings of  dL/d code
    dL/d b_dec = sum over items of R  -  sum over components of dL/d b_enc * W_enc
"""

import numba
import numpy as np

from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks

# The number of parts into which items or components are cut; sums over parts are in a fixed order.
PARTS = 64


@over_tasks
def centre(threads, batch, offset, out):  # type: ignore[no-untyped-def]
    """``out = batch - offset``."""
    items = batch.shape[0]
    counter = np.zeros(1, np.int64)
    for _ in numba.prange(threads):
        task = next_task(counter)
        while task < PARTS:
            for i in range(items * task // PARTS, items * (task + 1) // PARTS):
                for j in range(batch.shape[1]):
                    out[i, j] = batch[i, j] - offset[j]
            task = next_task(counter)


@kernel
def _add_atoms(values, components, first, last, atoms, out):  # type: ignore[no-untyped-def]
    """``out += values @ atoms[components]``, four atoms at a time."""
    f = first
    while f + 4 <= last:
        c0, c1, c2, c3 = values[f], values[f + 1], values[f + 2], values[f + 3]
        a0, a1 = atoms[components[f]], atoms[components[f + 1]]
        a2, a3 = atoms[components[f + 2]], atoms[components[f + 3]]
        for j in range(out.shape[0]):
            out[j] += c0 * a0[j] + c1 * a1[j] + c2 * a2[j] + c3 * a3[j]
        f += 4
    while f < last:
        c0, a0 = values[f], atoms[components[f]]
        for j in range(out.shape[0]):
            out[j] += c0 * a0[j]
        f += 1


@kernel
def _residual_part(first, last, target, offsets, components, values, atoms, scale, residual, squares, total):  # type: ignore[no-untyped-def]  # noqa: E501
    total[:] = 0
    for i in range(first, last):
        row = residual[i]
        for j in range(row.shape[0]):
            row[j] = -target[i, j]
        _add_atoms(values, components, offsets[i], offsets[i + 1], atoms, row)
        square = row.dtype.type(0)
        for j in range(row.shape[0]):
            square += row[j] * row[j]
            row[j] *= scale
            total[j] += row[j]
        squares[i] = square


@over_tasks
def residuals(threads, target, offsets, components, values, atoms, scale, residual, squares, totals):  # type: ignore[no-untyped-def]  # noqa: E501
    """``residual = scale * (codes @ atoms - target)``; its squared length an item before scaling; its sums.

    ``totals``: a row for each part of the items.
    """
    items = target.shape[0]
    parts = totals.shape[0]
    counter = np.zeros(1, np.int64)
    for _ in numba.prange(threads):
        task = next_task(counter)
        while task < parts:
            first, last = items * task // parts, items * (task + 1) // parts
            _residual_part(
                first,
                last,
                target,
                offsets,
                components,
                values,
                atoms,
                scale,
                residual,
                squares,
                totals[task],
            )
            task = next_task(counter)


@kernel
def _component(j, offsets, rows, values, residual, x, atom, penalty, grad_dec, grad_enc):  # type: ignore[no-untyped-def]  # noqa: E501
    """Gradients of one component: of its atom, less the part along it, and of its encoder row and bias."""
    items = x.shape[0]
    zero = x.dtype.type(0)
    d_in = x.shape[1]
    for n in range(d_in):
        grad_dec[n] = zero
        grad_enc[n] = zero
    bias = zero
    f, last = offsets[j], offsets[j + 1]
    while f + 4 <= last:
        c0, c1, c2, c3 = values[f], values[f + 1], values[f + 2], values[f + 3]
        r0, r1 = residual[rows[f]], residual[rows[f + 1]]
        r2, r3 = residual[rows[f + 2]], residual[rows[f + 3]]
        s0, s1, s2, s3 = penalty, penalty, penalty, penalty
        for n in range(d_in):
            w = atom[n]
            s0 += r0[n] * w
            s1 += r1[n] * w
            s2 += r2[n] * w
            s3 += r3[n] * w
        x0, x1 = x[rows[f] % items], x[rows[f + 1] % items]
        x2, x3 = x[rows[f + 2] % items], x[rows[f + 3] % items]
        for n in range(d_in):
            grad_dec[n] += c0 * r0[n] + c1 * r1[n] + c2 * r2[n] + c3 * r3[n]
            grad_enc[n] += s0 * x0[n] + s1 * x1[n] + s2 * x2[n] + s3 * x3[n]
        bias += s0 + s1 + s2 + s3
        f += 4
    while f < last:
        c0, r0, x0, s0 = values[f], residual[rows[f]], x[rows[f] % items], penalty
        for n in range(d_in):
            s0 += r0[n] * atom[n]
        for n in range(d_in):
            grad_dec[n] += c0 * r0[n]
            grad_enc[n] += s0 * x0[n]
        bias += s0
        f += 1
    along = zero
    for n in range(d_in):
        along += grad_dec[n] * atom[n]
    squares = bias * bias
    for n in range(d_in):
        grad_dec[n] -= along * atom[n]
        squares += grad_dec[n] * grad_dec[n] + grad_enc[n] * grad_enc[n]
    return bias, squares


@kernel
def _components_part(
    first,
    last,
    offsets,
    rows,
    values,
    residual,
    x,
    W_dec,
    W_enc,
    penalty,
    grad_dec,
    grad_enc,
    grad_bias,
    backflow,
):  # type: ignore[no-untyped-def]  # noqa: E501
    squares = 0.0
    backflow[:] = 0
    for j in range(first, last):
        grad_bias[j], square = _component(
            j, offsets, rows, values, residual, x, W_dec[j], penalty, grad_dec[j], grad_enc[j]
        )
        squares += square
        slope, encoder = grad_bias[j], W_enc[j]
        if slope != 0:
            for n in range(encoder.shape[0]):
                backflow[n] += slope * encoder[n]
    return squares


@over_tasks
def component_gradients(
    threads,
    bounds,
    offsets,
    rows,
    values,
    residual,
    x,
    W_dec,
    W_enc,
    penalty,
    grad_dec,
    grad_enc,
    grad_bias,
    backflow,
    squares,
):  # type: ignore[no-untyped-def]  # noqa: E501
    """Gradients of all components; their squared length and ``grad_bias @ W_enc`` by part.

    ``bounds`` cuts the components into parts of like work.
    """
    counter = np.zeros(1, np.int64)
    for _ in numba.prange(threads):
        task = next_task(counter)
        while task < bounds.shape[0] - 1:
            squares[task] = _components_part(
                bounds[task], bounds[task + 1], offsets, rows, values, residual, x, W_dec, W_enc, penalty,
                grad_dec, grad_enc, grad_bias, backflow[task],
            )  # fmt: skip
            task = next_task(counter)


def balanced_bounds(offsets: np.ndarray) -> np.ndarray:
    """Cut components into PARTS of like work: a component costs about as much as four firings besides."""
    n_components = offsets.size - 1
    work = offsets + 4 * np.arange(n_components + 1)
    return np.searchsorted(work, np.linspace(0, work[-1], PARTS + 1)).astype(np.int64)
