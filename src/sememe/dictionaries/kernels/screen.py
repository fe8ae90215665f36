"""What every component of an encoder may reach on some items, from the encoder's product in bytes."""

# mypy: allow-untyped-defs, no-check-untyped-defs

from typing import NamedTuple

import numba
import numpy as np
from jaxtyping import Float

from sememe.dictionaries.kernels import quantise
from sememe.dictionaries.kernels.compiled import PASSING, kernel
from sememe.dictionaries.kernels.integer_product import TILE_COLUMNS, TILE_ROWS, multiply_tile


class Encoder(NamedTuple):
    """An encoder's parameters, for kernels."""

    W: Float[np.ndarray, "components neurons"]
    b: Float[np.ndarray, " components"]


class Screen(NamedTuple):
    """The bytes of an encoder, and of the items that each thread looks at."""

    components: quantise.ByteComponents
    items: quantise.ByteItems


def empty_screen(items: int, n_components: int, d_in: int) -> Screen:
    """Room for an encoder, and for blocks of ``items``, a multiple of TILE_ROWS."""
    return Screen(quantise.empty_components(n_components, d_in), quantise.empty_items(items, d_in))


def read_encoder(screen: Screen, encoder: Encoder) -> None:
    """Due whenever the encoder has changed."""
    quantise.quantise_components(encoder.W, encoder.b, screen.components, work=PASSING * encoder.W.size)


@kernel
def screen_items(x, first, last, screen, thread, upper, maxima):
    """For items ``first`` to ``last``, what each component may reach, and the maxima of what they surely do.

    Rows of ``upper`` are filled for each item; each row of ``maxima`` is a block's width, see
    ``selection.py``.
    """
    components, items = screen
    count, blocks = last - first, maxima.shape[1]
    for i in range(count):
        quantise.quantise_item(x[first + i], i, thread, items)
        maxima[i, :] = -np.inf
    panels, steps = components.bytes.shape[:2]
    stride, margin = items.bytes.shape[2], items.margin[thread]
    slot = 0
    for panel in range(panels):
        per_scale, per_length = components.rounding[0, panel], components.rounding[1, panel]
        for i in range(items.scale.shape[1]):
            margin[i] = items.scale[thread, i] * per_scale + items.length[thread, i] * per_length
        columns = components.bytes.ctypes.data + panel * steps * TILE_COLUMNS * 4
        numbers = components.numbers.ctypes.data + panel * TILE_COLUMNS * 12
        for r in range(0, count, TILE_ROWS):
            row = thread * items.scale.shape[1] + r
            multiply_tile(
                numba.uintp(items.bytes.ctypes.data + row * stride),
                stride,
                numba.uintp(items.scale.ctypes.data + 4 * row),
                numba.uintp(items.margin.ctypes.data + 4 * row),
                numba.uintp(columns),
                steps,
                numba.uintp(numbers),
                numba.uintp(upper.ctypes.data + (r * upper.shape[1] + panel * TILE_COLUMNS) * 4),
                upper.shape[1] * 4,
                numba.uintp(maxima.ctypes.data + (r * blocks + slot) * 4),
                blocks * 4,
            )
        slot += TILE_COLUMNS
        if slot == blocks:
            slot = 0
