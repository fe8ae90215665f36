"""The k largest codes of every item, without a matrix of all pre-activations.

Two ways to the same result. Where the processor multiplies bytes, an 8-bit product finds for every item the
few components that can be among its k largest, and these alone are computed in full precision. Elsewhere,
in float64, and where most components are wanted, the product is torch's. Either way the selected values are
exact to rounding; the selected set differs from the exact one at most where two values tie within an error
of the bytes beyond ``quantise.MARGIN_DEVIATIONS`` standard deviations.
"""

# mypy: allow-untyped-defs, no-check-untyped-defs

import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels import integer_product
from sememe.dictionaries.kernels.compiled import kernel, next_task, over_tasks
from sememe.dictionaries.kernels.firings import Firings, Slots, compact, empty_slots
from sememe.dictionaries.kernels.product import ChunkedProduct
from sememe.dictionaries.kernels.screen import (
    ITEMS_A_TASK,
    Encoder,
    Screen,
    empty_room,
    exact_values,
    multiply,
    pre_activations,
)
from sememe.dictionaries.kernels.selection import block_count, candidates, settle


class TopKSelector:
    """Selects an encoder's k largest codes; keeps the memory that every call needs.

    Args:
        n_components, d_in: shape of the encoder.
        k: how many components are kept, at most ``n_components``.
        dtype: of the parameters. Only float32 goes by bytes.
    """

    def __init__(self, n_components: int, d_in: int, k: int, dtype: np.dtype) -> None:
        self.k = k
        self.shape = (n_components, d_in)
        self._blocks = block_count(n_components, k)
        self._room = empty_room(n_components, dtype)
        self._screen: Screen | None = None
        # Computing a quarter of the components one by one costs as much as torch's product of all.
        if dtype == np.float32 and n_components >= 4 * k and integer_product.is_supported():
            self._screen = Screen(n_components, d_in)
        else:
            self._product = ChunkedProduct(n_components, dtype)

    def prepare(
        self, W_enc: Float[np.ndarray, "components neurons"], b_enc: Float[np.ndarray, " components"]
    ) -> None:
        """Read the encoder; due whenever it has changed."""
        self._encoder = Encoder(W_enc, b_enc)
        if self._screen is not None:
            self._screen.read_encoder(self._encoder)

    def select(self, x: Float[np.ndarray, "items neurons"]) -> Firings:
        """The positive ones among each item's k largest ``x W_encᵀ + b_enc``."""
        slots = empty_slots(len(x), self.k, x.dtype)
        screen = self._screen
        if screen is not None:
            screen.read_items(x)
            how = (self.k, self._blocks)
            _select_by_bytes(
                x,
                self._encoder,
                screen.items,
                screen.components,
                how,
                screen.sums,
                self._room,
                slots,
            )
        else:
            for part, pre in self._product.chunks(x, *self._encoder):
                some = Slots(*(array[part] for array in slots))
                _select_rows(pre, (self.k, self._blocks), self._room, some)
        return compact(slots)


@kernel
def _select_item(i, pre, margins, how, room, thread, slots, x, encoder):
    """Fill an item's slots from its pre-activations; with an encoder, from the exact ones."""
    k, blocks = how
    scratch, exact, found = room.scratch[thread], room.exact[thread], room.found[thread]
    count = candidates(pre, margins, k, blocks, scratch, found)
    if encoder is not None:
        exact_values(x[i], encoder, found, count, exact)
    else:
        for c in range(count):
            exact[c] = pre[found[c]]
    slots.counts[i] = settle(found, exact, count, k, scratch, slots.components[i], slots.values[i])


@kernel
def _select_task(first, last, x, encoder, items, components, how, sums, room, thread, slots):
    pre, margins = room.pre[thread], room.margins[thread]
    multiply(items, first, last - first, components, sums)
    for i in range(first, last):
        pre_activations(sums[i - first], items.scale[i], items.length[i], components, pre, margins)
        _select_item(i, pre, margins, how, room, thread, slots, x, encoder)


@over_tasks
def _select_by_bytes(counter, thread, x, encoder, items, components, how, sums, room, slots):
    task = next_task(counter)
    while task * ITEMS_A_TASK < x.shape[0]:
        first, last = task * ITEMS_A_TASK, min((task + 1) * ITEMS_A_TASK, x.shape[0])
        _select_task(first, last, x, encoder, items, components, how, sums[thread], room, thread, slots)
        task = next_task(counter)


@over_tasks
def _select_rows(counter, thread, pre, how, room, slots):
    task = next_task(counter)
    while task * ITEMS_A_TASK < pre.shape[0]:
        for i in range(task * ITEMS_A_TASK, min((task + 1) * ITEMS_A_TASK, pre.shape[0])):
            _select_item(i, pre[i], room.margins[thread], how, room, thread, slots, None, None)
        task = next_task(counter)
