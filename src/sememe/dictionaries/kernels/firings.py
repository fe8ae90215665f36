"""Codes without their zeros, by item and by component, as arrays that kernels take."""

# mypy: allow-untyped-defs, no-check-untyped-defs

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int, Int32

from sememe.dictionaries.kernels.compiled import kernel


class Firings(NamedTuple):
    """The non-zero codes of some items, as in a CSR matrix; an item's components ascend.

    The firings of item ``i`` are ``offsets[i]:offsets[i + 1]``.
    """

    offsets: Int[np.ndarray, " boundaries"]
    components: Int[np.ndarray, " firings"]
    values: Float[np.ndarray, " firings"]


class FiringsByComponent(NamedTuple):
    """Firings sorted by component, as in a CSC matrix; a component's rows ascend."""

    offsets: Int[np.ndarray, " boundaries"]
    rows: Int[np.ndarray, " firings"]
    values: Float[np.ndarray, " firings"]


class Slots(NamedTuple):
    """Codes in a fixed number of slots an item, of which the first ``counts`` are filled."""

    counts: Int[np.ndarray, " items"]
    components: Int[np.ndarray, "items slots"]
    values: Float[np.ndarray, "items slots"]


def empty_slots(items: int, slots: int, dtype: np.dtype, before: Slots | None = None) -> Slots:
    """Room for the codes of some items: that of ``before`` again if it is as large."""
    if before is not None and before.components.shape == (items, slots):
        return before
    return Slots(
        np.empty(items, np.int64), np.empty((items, slots), np.int32), np.empty((items, slots), dtype)
    )


def compact(slots: Slots) -> Firings:
    """The filled slots, one after another; they may share the slots' memory."""
    offsets = np.zeros(slots.counts.size + 1, np.int64)
    np.cumsum(slots.counts, out=offsets[1:])
    if offsets[-1] == slots.components.size:
        return Firings(offsets, slots.components.reshape(-1), slots.values.reshape(-1))
    filled = np.arange(slots.components.shape[1]) < slots.counts[:, None]
    return Firings(offsets, slots.components[filled], slots.values[filled])


class ByComponent:
    """Sorts firings by component (a counting sort: one pass to count, one to place).

    It keeps its memory, as fresh memory costs more than the sorting; what it gave holds until the next time.
    """

    def __init__(self, n_components: int, dtype: np.dtype) -> None:
        self._offsets = np.zeros(n_components + 1, np.int64)
        self._following = np.zeros(n_components, np.int64)
        self._rows, self._values = np.empty(0, np.int32), np.empty(0, dtype)

    def sort(self, *parts: tuple[Firings, Int32[np.ndarray, " components"]]) -> FiringsByComponent:
        """Each part has a row for every component: its firing in item ``i`` is given that plus ``i``."""
        offsets, count = self._offsets, sum(firings.values.size for firings, _ in parts)
        if self._rows.size < count:
            self._rows, self._values = np.empty(count, np.int32), np.empty(count, self._values.dtype)
        offsets[:] = 0
        for firings, _ in parts:
            _count(firings.components, offsets)
        np.cumsum(offsets, out=offsets)
        self._following[:] = offsets[:-1]
        for firings, first_row in parts:
            _place(firings, first_row, self._following, self._rows, self._values)
        return FiringsByComponent(offsets, self._rows[:count], self._values[:count])


@kernel
def _count(components, offsets):
    for c in components:
        offsets[c + 1] += 1


@kernel
def _place(firings, first_row, following, rows, values):
    for i in range(firings.offsets.shape[0] - 1):
        for f in range(firings.offsets[i], firings.offsets[i + 1]):
            component = firings.components[f]
            place = following[component]
            following[component] = place + 1
            rows[place] = first_row[component] + i
            values[place] = firings.values[f]
