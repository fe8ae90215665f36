"""Reconstructions from the firings alone, and what they leave.

Several reconstructions of a batch may be wanted at once: the prefixes of a Matryoshka dictionary, or what
the dead components make of the residual. Each is a *view* of the batch with its own residual, and all
views' residuals are stacked: row ``v * items + i`` belongs to view ``v`` of item ``i``.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks

# The number of tasks into which items or components are cut; sums over tasks are in a fixed order.
PARTS = 64


@over_tasks
def centre(counter, thread, batch, offset, out):
    """``out = batch - offset``."""
    items = batch.shape[0]
    task = next_task(counter, thread, PARTS)
    while task < PARTS:
        for i in range(items * task // PARTS, items * (task + 1) // PARTS):
            for j in range(batch.shape[1]):
                out[i, j] = batch[i, j] - offset[j]
        task = next_task(counter, thread, PARTS)


@kernel
def combine(factor, base, firings, first, last, atoms, out):
    """``out = factor * base`` plus the atoms of some of an item's firings, weighted by their codes."""
    components, values = firings.components, firings.values
    f = first
    if f + 4 <= last:
        c0, c1, c2, c3 = values[f], values[f + 1], values[f + 2], values[f + 3]
        a0, a1 = atoms[components[f]], atoms[components[f + 1]]
        a2, a3 = atoms[components[f + 2]], atoms[components[f + 3]]
        for j in range(out.shape[0]):
            out[j] = factor * base[j] + c0 * a0[j] + c1 * a1[j] + c2 * a2[j] + c3 * a3[j]
        f += 4
    else:
        for j in range(out.shape[0]):
            out[j] = factor * base[j]
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
def _within(firings, i, prefixes, view):
    """Where an item's firings begin and end that belong to a prefix and to none before it."""
    first, last = firings.offsets[i], firings.offsets[i + 1]
    if prefixes.shape[0] > 1:
        while view > 0 and first < last and firings.components[first] < prefixes[view - 1]:
            first += 1
        stop = first
        while stop < last and firings.components[stop] < prefixes[view]:
            stop += 1
        last = stop
    return first, last


@kernel
def _square(row):
    square = row.dtype.type(0)
    for j in range(row.shape[0]):
        square += row[j] * row[j]
    return square


@kernel
def _multiply(row, scale):
    for j in range(row.shape[0]):
        row[j] *= scale


@kernel
def _add(row, to):
    for j in range(row.shape[0]):
        to[j] += row[j]


# One short loop over the items after the other: all in one body would not be vectorised.
@kernel
def _residual_part(first, last, target, factor, firings, atoms, prefixes, scales, residual, squares, total):
    items, views = target.shape[0], prefixes.shape[0]
    for view in range(views):
        row = view * items
        for i in range(first, last):
            f, stop = _within(firings, i, prefixes, view)
            if view == 0:
                combine(factor, target[i], firings, f, stop, atoms, residual[i])
            else:
                one = residual.dtype.type(1)
                combine(one, residual[row - items + i], firings, f, stop, atoms, residual[row + i])
        for i in range(first, last):
            squares[view, i] = _square(residual[row + i])
    for view in range(views - 1, -1, -1):
        row = view * items
        for i in range(first, last):
            _multiply(residual[row + i], scales[view])
        if view + 1 < views:
            for i in range(first, last):
                _add(residual[row + items + i], residual[row + i])
    total[:] = 0
    for i in range(first, last):
        _add(residual[i], total)


@over_tasks
def residuals(counter, thread, target, factor, firings, atoms, prefixes, scales, residual, squares, totals):
    """For every prefix ``p`` of the components: ``r_p = codes[:p] @ atoms[:p] + factor * target``.

    ``squares[p]`` is given each item's ``|r_p|^2``. ``residual`` is given, view after view, the gradient of
    ``sum_p scales[p] |r_p|^2 / 2`` by the reconstruction from components of that prefix but of none before:
    the sum of ``scales[q] r_q`` over the prefixes ``q`` that hold it. ``totals`` is given the sum of the
    first view's over the items of each task.
    """
    items, parts = target.shape[0], totals.shape[0]
    task = next_task(counter, thread, parts)
    while task < parts:
        _residual_part(
            items * task // parts, items * (task + 1) // parts, target, factor, firings, atoms,
            prefixes, scales, residual, squares, totals[task],
        )  # fmt: skip
        task = next_task(counter, thread, parts)
