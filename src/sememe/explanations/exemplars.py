"""What a unit responds to: its strongest firings, samples from ten activation intervals, random firings.

The strongest firings alone flatter a unit: a neuron that answers to threes, sevens and smudges can have ten
threes at its very top. So the whole firing range is cut into intervals of equal width and each is sampled, as
in *Towards Monosemanticity* (Bricken et al. 2023, feature browser), and random firings show what a typical
answer looks like. Firing means non-zero; units with signed codes are cut from their most positive to their
most negative activation.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import sparse

from sememe.errors import MeasureError
from sememe.measures.codes import Codes


@dataclass(frozen=True, eq=False)
class Firings:
    """Some firings of one unit, in the order in which they are to be shown."""

    item: Int[np.ndarray, " firings"]  # rows of the codes
    image: Int[np.ndarray, " firings"]  # the image that each item belongs to
    position: (
        Int[np.ndarray, "firings 2"] | None
    )  # row and column in the layer's map; None: an item is an image
    activation: Float[np.ndarray, " firings"]  # the unit's activation there; never 0

    def __len__(self) -> int:
        return len(self.item)

    def take(self, rows: Int[np.ndarray, " rows"]) -> "Firings":
        """Some of them, in the order of ``rows``."""
        position = None if self.position is None else self.position[rows]
        return Firings(self.item[rows], self.image[rows], position, self.activation[rows])


@dataclass(frozen=True, eq=False)
class Interval:
    """One slice of a unit's firing range."""

    low: float  # activation; belongs to this interval
    high: float  # activation; belongs to the interval above, if there is one
    n_firings: int  # how many of the unit's firings lie here
    firings: Firings  # a seeded sample of them, strongest first


@dataclass(frozen=True, eq=False)
class Exemplars:
    """What one unit responds to."""

    unit: int  # column of the codes
    n_items: int  # items looked at
    n_firings: int  # items at which the unit is non-zero; 0: the unit is dead
    top: Firings  # greatest activations, one item an image, strongest first
    bottom: Firings  # most negative activations, likewise; empty for units that never go below 0
    intervals: tuple[Interval, ...]  # equal in width, from the greatest activation down; empty if dead
    random: Firings  # a seeded sample of all firings

    @property
    def is_dead(self) -> bool:
        """Whether the unit never fires on these items."""
        return self.n_firings == 0

    @property
    def density(self) -> float:
        """Share of the items at which the unit fires, 0 to 1."""
        return self.n_firings / self.n_items


def exemplars(
    codes: Codes | sparse.csc_array,
    *,
    units: Sequence[int] | Int[np.ndarray, " units"] | None = None,
    image: Int[np.ndarray, " _"] | None = None,
    position: Int[np.ndarray, "_ 2"] | None = None,
    n_top: int = 16,
    n_intervals: int = 10,
    per_interval: int = 3,
    n_random: int = 6,
    seed: int = 0,
) -> tuple[Exemplars, ...]:
    """The exemplars of some units of ``codes (items, units)``, dense or sparse.

    ``units`` are the columns wanted, all by default; ``image`` is the image of each item, the item itself
    by default. Each unit draws from a generator of its own, so that what is shown for a unit does not depend
    on which others were asked for. Raises :class:`MeasureError` for codes without items, for a column that is
    not there and for activations that are not finite.

    >>> codes = np.array([[0.0], [1.0], [0.5], [0.0], [0.2]])
    >>> (unit,) = exemplars(codes, n_intervals=2)
    >>> unit.density, unit.top.item.tolist(), [interval.n_firings for interval in unit.intervals]
    (0.6, [1, 2, 4], [1, 2])
    """
    n_items, n_units = codes.shape
    chosen = np.arange(n_units) if units is None else np.asarray(units, dtype=np.int64)
    _check(codes.shape, chosen, image, position)
    columns = codes[:, chosen] if isinstance(codes, np.ndarray) else sparse.csc_array(codes)[:, chosen]
    found = []
    for column, unit in enumerate(chosen.tolist()):
        items, values = _firings_of(columns, column)
        if wrong := int((~np.isfinite(values)).sum()):
            raise MeasureError(
                f"Unit {unit} has {wrong} activations that are not finite: look at the layer first."
            )
        everything = _firings(items, values, image, position)
        rng = np.random.default_rng([seed, unit])
        shuffled = rng.permutation(len(items))
        found.append(
            Exemplars(
                unit=unit,
                n_items=n_items,
                n_firings=len(items),
                top=everything.take(_strongest(values, everything.image, n_top)),
                bottom=everything.take(_strongest(-values, everything.image, n_top)),
                intervals=_intervals(everything, shuffled, n_intervals, per_interval),
                random=everything.take(rng.choice(len(items), size=min(n_random, len(items)), replace=False)),
            )
        )
    return tuple(found)


def _check(
    shape: tuple[int, ...], chosen: np.ndarray, image: np.ndarray | None, position: np.ndarray | None
) -> None:
    n_items, n_units = shape
    if n_items == 0:
        raise MeasureError(f"Exemplars need codes of at least one item, but codes of shape {shape} came.")
    if len(chosen) and (chosen.min() < 0 or chosen.max() >= n_units):
        raise MeasureError(
            f"Units must lie between 0 and {n_units - 1}, but {chosen.min()} to {chosen.max()} came."
        )
    for name, rows in (("image", image), ("position", position)):
        if rows is not None and len(rows) != n_items:
            raise MeasureError(
                f"There are {n_items} items but {len(rows)} rows of `{name}`: give one an item."
            )


def _firings(
    items: np.ndarray, values: np.ndarray, image: np.ndarray | None, position: np.ndarray | None
) -> Firings:
    """Firings with their images and positions."""
    return Firings(
        item=items,
        image=items if image is None else np.asarray(image[items], dtype=np.int64),
        position=None if position is None else np.asarray(position[items], dtype=np.int64),
        activation=values,
    )


def _firings_of(columns: np.ndarray | sparse.csc_array, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Items at which a unit fires, in ascending order, and its activations there."""
    if isinstance(columns, np.ndarray):
        values = columns[:, column]
        items = np.flatnonzero(values)
        values = values[items]
    else:
        start, stop = columns.indptr[column], columns.indptr[column + 1]
        items, values = columns.indices[start:stop], columns.data[start:stop]
        fires = values != 0  # a sparse matrix may store zeros
        items, values = items[fires], values[fires]
        order = np.argsort(items, kind="stable")
        items, values = items[order], values[order]
    return items.astype(np.int64), values.astype(np.float64)


def _strongest(values: np.ndarray, images: np.ndarray, n: int) -> np.ndarray:
    """Rows of the ``n`` greatest positive values, at most one an image; ties go to the earlier item."""
    positive = np.flatnonzero(values > 0)
    ranked = positive[np.argsort(-values[positive], kind="stable")]
    _, first = np.unique(images[ranked], return_index=True)
    return ranked[np.sort(first)[:n]]


def _intervals(
    everything: Firings, shuffled: np.ndarray, n_intervals: int, per_interval: int
) -> tuple[Interval, ...]:
    """The slices of the firing range, greatest activation first, each with a few of its firings."""
    values = everything.activation
    if not len(values):
        return ()
    edges = np.linspace(values.max(), values.min(), n_intervals + 1)
    # The slice of a value is the number of inner edges above it; a constant unit is in the first as a whole.
    bucket = np.searchsorted(-edges[1:-1], -values, side="left")
    by_bucket = shuffled[np.argsort(bucket[shuffled], kind="stable")]
    counts = np.bincount(bucket, minlength=n_intervals)
    starts = np.cumsum(counts) - counts
    slices = []
    for i in range(n_intervals):
        rows = by_bucket[starts[i] : starts[i] + min(counts[i], per_interval)]
        strongest_first = rows[np.argsort(-values[rows], kind="stable")]
        low, high = float(edges[i + 1]), float(edges[i])
        slices.append(Interval(low, high, int(counts[i]), everything.take(strongest_first)))
    return tuple(slices)
