"""The pass over an encoder's pre-activations that every selection is made in.

Two ways to the same result, without a matrix of all pre-activations. Where the processor multiplies bytes,
an 8-bit product finds for every item the few components that can be selected, and these alone are computed
in full precision. Elsewhere, in float64, and where most components are wanted, the product is torch's. Either
way the selected values are exact to rounding; the selected set differs from the exact one at most where two
values tie within an error of the bytes beyond ``quantise.MARGIN_DEVIATIONS`` standard deviations.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks, thread_limit
from sememe.dictionaries.kernels.firings import Slots
from sememe.dictionaries.kernels.product import ChunkedProduct
from sememe.dictionaries.kernels.screen import Encoder, Screen, empty_screen, read_encoder, screen_items
from sememe.dictionaries.kernels.selection import block_count, block_maxima, block_threshold, collect, settle
from sememe.dictionaries.kernels.vectors import FEW, PANEL, padded_length

# Items that one thread looks at before it takes others: enough to read each component's bytes rarely, few
# enough that what is held of them stays in the cache of one core. A multiple of TILE_ROWS.
ITEMS_A_TASK = 48


class Room(NamedTuple):
    """What each thread holds of the items that it looks at."""

    upper: np.ndarray  # (threads, ITEMS_A_TASK, components rounded up): pre-activations, margins added
    maxima: np.ndarray  # (threads, ITEMS_A_TASK, blocks)
    scratch: np.ndarray  # (threads, components rounded up)
    exact: np.ndarray  # (threads, components rounded up and a panel)
    found: np.ndarray  # int32, the same


class Scan:
    """Selects from an encoder's pre-activations; keeps the memory that every pass needs.

    Args:
        n_components, d_in: shape of the encoder.
        k: how many codes of an item are selected; 0: all that reach a threshold.
        dtype: of the parameters. Only float32 goes by bytes.
    """

    def __init__(self, n_components: int, d_in: int, k: int, dtype: np.dtype) -> None:
        self.shape = (n_components, d_in)
        self._k = k
        padded, threads = padded_length(n_components), thread_limit()
        shapes = ((ITEMS_A_TASK, padded), (ITEMS_A_TASK, block_count(n_components, k)), (padded,))
        rest = (np.zeros((threads, padded + PANEL), kind) for kind in (dtype, np.int32))
        self._room = Room(*(np.zeros((threads, *shape), dtype) for shape in shapes), *rest)
        self._screen: Screen | None = None
        # Computing a quarter of the components one by one costs as much as torch's product of all.
        if dtype == np.float32 and n_components >= 4 * k and integer_product.is_supported():
            self._screen = empty_screen(ITEMS_A_TASK, n_components, d_in)
        else:
            self._product = ChunkedProduct(n_components, dtype)

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed. ``finite`` is whether it is free of NaN and inf."""
        self._encoder = Encoder(W_enc, b_enc)
        if self._screen is not None:
            read_encoder(self._screen, self._encoder)
            # The scale of a row with NaN or an infinity is one.
            largest = self._screen.components.numbers[:, 1]
        else:
            largest = W_enc
        self.finite = bool(np.isfinite(largest).all() and np.isfinite(b_enc).all())

    def fill(self, x: Float[np.ndarray, "items neurons"], threshold: float, slots: Slots) -> None:
        """Fill each item's slots with what is selected of ``x W_encᵀ + b_enc``; nothing that is not positive.

        ``threshold`` is read where ``k`` is 0. An item's counts may then be more than it has slots, of which
        the first are filled.
        """
        how = (self._k, x.dtype.type(threshold))
        if self._screen is not None:
            _fill_by_bytes(x, self._encoder, self._screen, how, self._room, slots)
        else:
            for part, pre in self._product.chunks(x, *self._encoder):
                some = Slots(*(array[part] for array in slots))
                _fill_by_rows(pre, how, self._room, some)


@kernel
def exact_values(x, encoder, found, count, values):
    """``values = W[found] @ x + b[found]``, four rows at a time; both have room for three more.

    ``values`` is filled up with -1 to FEW.
    """
    W, b = encoder
    for c in range(FEW):
        values[c] = -1
    found[count] = found[count + 1] = found[count + 2] = found[0]
    for c in range(0, count, 4):
        w0, w1, w2, w3 = W[found[c]], W[found[c + 1]], W[found[c + 2]], W[found[c + 3]]
        v0, v1, v2, v3 = b[found[c]], b[found[c + 1]], b[found[c + 2]], b[found[c + 3]]
        for n in range(x.shape[0]):
            v0 += x[n] * w0[n]
            v1 += x[n] * w1[n]
            v2 += x[n] * w2[n]
            v3 += x[n] * w3[n]
        values[c], values[c + 1], values[c + 2], values[c + 3] = v0, v1, v2, v3
    values[count] = values[count + 1] = values[count + 2] = -1


@kernel
def _keep(i, found, exact, count, threshold, slots):
    """Store what is positive and reaches the threshold, as far as there is room; how many there are."""
    kept = 0
    for c in range(count):
        if exact[c] >= threshold and exact[c] > 0:
            if kept < slots.components.shape[1]:
                slots.components[i, kept] = found[c]
                slots.values[i, kept] = exact[c]
            kept += 1
    return kept


@kernel
def _select(i, upper, maxima, how, room, thread, slots, x, encoder):
    """Fill an item's slots from its pre-activations; with an encoder, from the exact ones."""
    k, threshold = how
    scratch, exact, found = room.scratch[thread], room.exact[thread], room.found[thread]
    if k > 0:
        threshold = block_threshold(maxima, k)
    count = collect(upper, threshold, found)
    if encoder is not None:
        exact_values(x[i], encoder, found, count, exact)
    else:
        for c in range(count):
            exact[c] = upper[found[c]]
        for c in range(count, FEW):
            exact[c] = -1
    if k > 0:
        slots.counts[i] = settle(found, exact, count, k, scratch, slots.components[i], slots.values[i])
    else:
        slots.counts[i] = _keep(i, found, exact, count, threshold, slots)


@over_tasks
def _fill_by_bytes(counter, thread, x, encoder, screen, how, room, slots):
    upper, maxima = room.upper[thread], room.maxima[thread]
    tasks = (x.shape[0] + ITEMS_A_TASK - 1) // ITEMS_A_TASK
    task = next_task(counter, thread, tasks)
    while task < tasks:
        first, last = task * ITEMS_A_TASK, min((task + 1) * ITEMS_A_TASK, x.shape[0])
        screen_items(x, first, last, screen, thread, upper, maxima)
        for i in range(first, last):
            _select(i, upper[i - first], maxima[i - first], how, room, thread, slots, x, encoder)
        task = next_task(counter, thread, tasks)


@over_tasks
def _fill_by_rows(counter, thread, pre, how, room, slots):
    maxima = room.maxima[thread, 0]
    tasks = (pre.shape[0] + ITEMS_A_TASK - 1) // ITEMS_A_TASK
    task = next_task(counter, thread, tasks)
    while task < tasks:
        for i in range(task * ITEMS_A_TASK, min((task + 1) * ITEMS_A_TASK, pre.shape[0])):
            if how[0] > 0:
                block_maxima(pre[i], maxima)
            _select(i, pre[i], maxima, how, room, thread, slots, None, None)
        task = next_task(counter, thread, tasks)
