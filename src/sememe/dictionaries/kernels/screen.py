"""An encoder's product in bytes, and exact pre-activations of the components that pass it."""

# mypy: allow-untyped-defs, no-check-untyped-defs

from typing import NamedTuple

import numba
import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels import quantise
from sememe.dictionaries.kernels.compiled import PASSING, kernel, thread_limit
from sememe.dictionaries.kernels.integer_product import TILE_COLUMNS, TILE_ROWS, multiply_tile
from sememe.dictionaries.kernels.selection import padded_length

# Items whose sums one thread holds at a time: enough to read each component's bytes rarely, few enough that
# the sums stay in the cache of one core. A multiple of TILE_ROWS.
ITEMS_A_TASK = 48


class Encoder(NamedTuple):
    """An encoder's parameters, for kernels."""

    W: Float[np.ndarray, "components neurons"]
    b: Float[np.ndarray, " components"]


class Room(NamedTuple):
    """What each thread needs to look at one item's pre-activations."""

    pre: np.ndarray  # (threads, components rounded up)
    margins: np.ndarray  # the same, of which a number a panel is used
    scratch: np.ndarray  # the same
    exact: np.ndarray  # the same
    found: np.ndarray  # int32, the same


def empty_room(n_components: int, dtype: np.dtype) -> Room:
    shape = (thread_limit(), padded_length(n_components))
    # Zeros rather than uninitialised: a margin is 0 wherever nothing else is said.
    pre, margins, scratch, exact = (np.zeros(shape, dtype) for _ in range(4))
    return Room(pre, margins, scratch, exact, np.zeros(shape, np.int32))


class Screen:
    """The bytes of an encoder and of a batch, and each thread's room for their sums."""

    def __init__(self, n_components: int, d_in: int) -> None:
        self.components = quantise.empty_components(n_components, d_in)
        self.items = quantise.empty_items(0, d_in)
        shape = (thread_limit(), ITEMS_A_TASK, padded_length(n_components))
        self.sums = quantise.aligned(shape, np.int32)
        self._d_in = d_in

    def read_encoder(self, encoder: Encoder) -> None:
        quantise.quantise_components(encoder.W, encoder.b, self.components, work=PASSING * encoder.W.size)

    def read_items(self, x: Float[np.ndarray, "items neurons"]) -> None:
        if len(x) != self.items.scale.size:
            self.items = quantise.empty_items(len(x), self._d_in)
        quantise.quantise_items(x, self.items, work=PASSING * x.size)


@kernel
def multiply(items, first, count, components, sums):
    """Sums of products of ``count`` items with every component."""
    panels, steps = components.bytes.shape[:2]
    stride = items.bytes.shape[1]
    sums_stride = sums.shape[1] * 4
    for panel in range(panels):
        columns = components.bytes.ctypes.data + panel * steps * TILE_COLUMNS * 4
        for r in range(0, count, TILE_ROWS):
            multiply_tile(
                numba.uintp(items.bytes.ctypes.data + (first + r) * stride),
                stride,
                numba.uintp(columns),
                steps,
                numba.uintp(sums.ctypes.data + r * sums_stride + panel * TILE_COLUMNS * 4),
                sums_stride,
            )


@kernel
def pre_activations(sums, item_scale, item_length, components, pre, margins):
    """What an item's sums mean, and how far off each panel's can be."""
    scale, shift, bias, rounding = components.scale, components.shift, components.bias, components.rounding
    for j in range(sums.shape[0]):
        pre[j] = np.float32(sums[j] + shift[j]) * (item_scale * scale[j]) + bias[j]
    for panel in range(rounding.shape[1]):
        margins[panel] = item_scale * rounding[0, panel] + item_length * rounding[1, panel]


@kernel
def exact_values(x, encoder, found, count, values):
    """``values = W[found] @ x + b[found]``, four rows at a time."""
    W, zero = encoder.W, x.dtype.type(0)
    c = 0
    while c + 4 <= count:
        w0, w1, w2, w3 = W[found[c]], W[found[c + 1]], W[found[c + 2]], W[found[c + 3]]
        v0, v1, v2, v3 = zero, zero, zero, zero
        for n in range(x.shape[0]):
            v0 += x[n] * w0[n]
            v1 += x[n] * w1[n]
            v2 += x[n] * w2[n]
            v3 += x[n] * w3[n]
        values[c], values[c + 1], values[c + 2], values[c + 3] = v0, v1, v2, v3
        c += 4
    while c < count:
        w0, v0 = W[found[c]], zero
        for n in range(x.shape[0]):
            v0 += x[n] * w0[n]
        values[c] = v0
        c += 1
    for c in range(count):
        values[c] += encoder.b[found[c]]
